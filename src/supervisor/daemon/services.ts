// The services of one app: what runs of them, starting, stopping, and starting again what ended by
// itself. Starting needs no lock; whoever stops one has to hold the app's locks.

import { performance } from 'node:perf_hooks';
import { LockError } from '../../errors.js';
import type { Instance } from '../drivers/types.js';
import { prepareDir } from '../locks/directories.js';
import { fingerprintOf } from '../target/digest.js';
import type { AppTarget, ServiceTarget } from '../target/types.js';
import { watchDirectory, type DirectoryWatch } from '../../watch.js';
import type { Context } from './context.js';
import { isRunning, restarts } from './plan.js';

const FIRST_MS = 1000;
const SLOWEST_MS = 60_000;
const STEADY_MS = 10_000; // running so long, it starts from the shortest pause again

interface Pause {
  length: number;
  /** By performance.now(). */
  until: number;
  timer?: NodeJS.Timeout;
}

export class Services {
  readonly #app: string;
  readonly #context: Context;
  readonly #pauses = new Map<string, Pause>();
  readonly #watches = new Map<string, DirectoryWatch>();
  #instances: Instance[] = [];

  constructor(app: string, context: Context) {
    this.#app = app;
    this.#context = context;
  }

  /** Every run that is known, ended ones included. */
  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** The run of a service that runs, or the last one. */
  of(service: string): Instance | undefined {
    const runs = this.#instances.filter((instance) => instance.service === service);
    return runs.find(isRunning) ?? runs[0];
  }

  /** Takes over what the driver knows of this app. */
  adopt(all: readonly Instance[]): void {
    this.#instances = all.filter(({ app }) => app === this.#app);
  }

  async start(app: AppTarget, service: ServiceTarget, why: string): Promise<Instance> {
    const { driver, journal, locks } = this.#context;
    clearTimeout(this.#pauses.get(service.name)?.timer);
    const lockDir = prepareDir(locks.root, app.id, service.name);
    this.#watch(service.name, lockDir);
    for (const ended of this.#instances.filter(({ service: name }) => name === service.name))
      if (!isRunning(ended)) await this.#remove(ended, 0);
    const about = { app: app.id, service: service.name, release: app.release };
    const instance = await driver.start({
      app,
      service,
      fingerprint: fingerprintOf(service),
      lockDir,
      environment: this.#context.environment(app, service),
    });
    // Even if it has ended by now: its end is told like any other, and is noted then.
    this.#instances.push({ ...instance, state: 'running' });
    journal.write({ kind: 'start', ...about, text: `started ${service.name} (${why})` });
    return instance;
  }

  // From before it starts, so that what a finished flock leaves is known to be no lock.
  #watch(service: string, lockDir: string): void {
    if (!this.#watches.has(service)) this.#watches.set(service, watchDirectory(lockDir));
  }

  async stop(instance: Instance, grace: number, why: string): Promise<void> {
    const { journal } = this.#context;
    clearTimeout(this.#pauses.get(instance.service)?.timer);
    const { app, service, release } = instance;
    if (isRunning(instance))
      journal.write({ kind: 'stop', app, service, release, text: `stops ${service} (${why})` });
    await this.#remove(instance, grace);
  }

  async #remove(instance: Instance, grace: number): Promise<void> {
    await this.#context.driver.stop(instance, grace);
    this.#instances = this.#instances.filter(({ id }) => id !== instance.id);
  }

  /** The driver says that a run has ended by itself. */
  ended(instance: Instance): void {
    const known = this.#instances.find(({ id }) => id === instance.id);
    if (known === undefined || !isRunning(known)) return;
    Object.assign(known, instance, { state: 'exited' });
    const ran = Date.parse(known.exitedAt ?? '') - Date.parse(known.startedAt);
    this.#pause(known.service, ran > STEADY_MS);
    const { app, service, release, exitCode } = instance;
    const how = exitCode === undefined ? '' : ` with ${String(exitCode)}`;
    this.#context.journal.write({
      kind: 'exit',
      app,
      service,
      release,
      text: `${service} ended${how}`,
    });
  }

  /**
   * Starts what belongs to `app` and has no run, or one that ended and is to be started again; the
   * latter after a pause that grows. `again` is called when such a pause is over.
   */
  async keep(app: AppTarget, stopped: ReadonlySet<string>, again: () => void): Promise<void> {
    for (const service of app.services) {
      if (!service.running || stopped.has(service.name)) continue;
      const run = this.of(service.name);
      if (run !== undefined && (isRunning(run) || !restarts(service, run))) continue;
      if (this.#pausing(service.name, again)) continue;
      try {
        await this.start(app, service, run === undefined ? 'it did not run' : 'it had ended');
      } catch (error) {
        if (!LockError.is(error)) throw error;
        this.#context.journal.write({
          kind: 'failed',
          app: app.id,
          service: service.name,
          text: error.message,
        });
        this.#pause(service.name, false);
        this.#pausing(service.name, again);
      }
    }
  }

  // Every failure in a row doubles the pause before the next start.
  #pause(service: string, steady: boolean): void {
    const before = steady ? undefined : this.#pauses.get(service);
    const length = Math.min((before?.length ?? FIRST_MS / 2) * 2, SLOWEST_MS);
    this.#pauses.set(service, { length, until: performance.now() + length });
  }

  // Whether it is too early to start it again; if so, `again` is called when it no longer is.
  #pausing(service: string, again: () => void): boolean {
    const pause = this.#pauses.get(service);
    const left = (pause?.until ?? 0) - performance.now();
    if (pause === undefined || left <= 0) return false;
    clearTimeout(pause.timer);
    pause.timer = setTimeout(again, left);
    return true;
  }

  close(): void {
    for (const { timer } of this.#pauses.values()) clearTimeout(timer);
    for (const watch of this.#watches.values()) watch.close();
  }
}
