// What is done to an app by request: always on the release that runs, never on one that waits, and
// under locks of its own, so that force for one of these lets no pending update through.

import { LockError } from '../../errors.js';
import type { Instance } from '../drivers/types.js';
import { UpdateLocks } from '../locks/update-locks.js';
import type { AppTarget, ServiceTarget } from '../target/types.js';
import type { Asked } from '../types.js';
import type { App } from './app.js';
import type { Context } from './context.js';
import { isRunning } from './plan.js';
import { own } from './records.js';

// How long a pending update leaves an app alone whose locks an operation overrode: its services have
// just been started again, and are to have the time to lock what they locked before.
const HOLD_BACK_MS = 60_000;

export class Operations {
  readonly #context: Context;
  readonly #find: (id: string) => App | undefined;
  readonly #closing = new AbortController();
  readonly #onTheirWay = new Set<Promise<unknown>>();

  constructor(context: Context, find: (id: string) => App | undefined) {
    this.#context = context;
    this.#find = find;
  }

  /** Aborts when the daemon is to end: whatever only waits gives up. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Those that have begun are finished, those that wait for their turn are not begun. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the daemon ends'));
    await Promise.allSettled(this.#onTheirWay);
  }

  async restart(id: string, asked: Asked): Promise<void> {
    await this.#again(id, asked, 'restart');
  }

  async purge(id: string, asked: Asked): Promise<void> {
    await this.#again(id, asked, 'purge', async (app) => this.#context.driver.purge(app));
  }

  async #again(
    id: string,
    asked: Asked,
    why: string,
    between: (app: AppTarget) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const { app, current } = this.#running(id);
    await this.under([app], asked, why, async () => {
      for (const service of [...current.services].reverse()) await stop(app, service, why);
      await between(current);
      for (const service of current.services)
        if (service.running && !app.stopped.has(service.name))
          await app.services.start(current, service, why);
    });
  }

  async restartService(id: string, name: string, asked: Asked): Promise<Instance> {
    const { app, current, service } = this.#service(id, name);
    return this.under([app], asked, `restart of ${name}`, async () => {
      await stop(app, service, 'restart');
      this.#setStopped(id, name, false);
      return app.services.start(current, service, 'restart');
    });
  }

  async stopService(id: string, name: string, asked: Asked): Promise<Instance> {
    const { app, service } = this.#service(id, name);
    return this.under([app], asked, `stop of ${name}`, async () => {
      const instance = app.services.of(name);
      if (instance === undefined) throw notRunning(id, name);
      this.#setStopped(id, name, true);
      await stop(app, service, 'stop');
      return { ...instance, state: 'exited' };
    });
  }

  /** Starting takes nothing from anybody, so it needs no lock. */
  async startService(id: string, name: string, asked: Asked): Promise<Instance> {
    const { app, current, service } = this.#service(id, name);
    this.#note(app, asked, `start of ${name}`);
    return this.#finish(
      app.alone(async () => {
        this.#setStopped(id, name, false);
        const instance = app.services.of(name);
        if (instance !== undefined && isRunning(instance)) return instance;
        return app.services.start(current, service, 'start');
      }),
    );
  }

  /** Runs `fn` under the locks of all services of `apps`, while nothing else changes them. */
  async under<T>(
    apps: readonly App[],
    asked: Asked,
    reason: string,
    fn: () => Promise<T>,
  ): Promise<T> {
    const overridden = new Set<string>();
    const override = this.#context.override();
    for (const app of apps) this.#note(app, asked, reason);
    const { onEvent, ...options } = this.#context.locks;
    const locks = UpdateLocks.forApps(
      apps.map((app) => app.lockable()),
      {
        ...options,
        exited: (id, service) => this.#find(id)?.exited(service),
        onEvent: (event) => {
          if (event.kind === 'overridden' && event.app !== undefined) overridden.add(event.app);
          onEvent?.(event);
        },
      },
    );
    const force = asked.force === true || override !== undefined;
    const signal = this.closing;
    try {
      return await this.#finish(
        locks.withLock({ force, reason, signal }, async () => alone(apps, fn)),
      );
    } finally {
      for (const app of apps)
        if (overridden.has(app.id)) app.holdBack(HOLD_BACK_MS);
        else app.kick();
    }
  }

  async #finish<T>(work: Promise<T>): Promise<T> {
    this.#onTheirWay.add(work);
    return work.finally(() => this.#onTheirWay.delete(work));
  }

  #note(app: App, { who, force }: Asked, reason: string): void {
    const how = force === true ? ' by force' : '';
    this.#context.journal.write({
      kind: 'operation',
      app: app.id,
      who,
      text: `${reason}${how}, asked for by ${who}`,
    });
  }

  #running(id: string): { app: App; current: AppTarget } {
    const app = this.#find(id);
    const current = app?.current;
    if (app === undefined || current === undefined)
      throw new LockError('ERR_NOT_FOUND', `no app ${id} runs here`);
    return { app, current };
  }

  #service(id: string, name: string): { app: App; current: AppTarget; service: ServiceTarget } {
    const { app, current } = this.#running(id);
    const service = current.services.find((one) => one.name === name);
    if (service === undefined)
      throw new LockError('ERR_NOT_FOUND', `app ${id} has no service '${name}'`);
    return { app, current, service };
  }

  #setStopped(id: string, name: string, isStopped: boolean): void {
    this.#context.state.update((all) => {
      const names = new Set(own(all.stopped, id) ?? []);
      if (isStopped) names.add(name);
      else names.delete(name);
      all.stopped[id] = [...names];
    });
  }
}

async function stop(app: App, service: ServiceTarget, why: string): Promise<void> {
  for (const instance of app.services.instances.filter((run) => run.service === service.name))
    await app.services.stop(instance, service.stopGrace, why);
}

// Nested, in the order of the ids, as every operation on several apps does it.
async function alone<T>([first, ...rest]: readonly App[], fn: () => Promise<T>): Promise<T> {
  return first === undefined ? fn() : first.alone(async () => alone(rest, fn));
}

function notRunning(id: string, name: string): LockError {
  return new LockError('ERR_NOT_FOUND', `service '${name}' of app ${id} does not run`);
}
