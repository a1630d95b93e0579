// One app: brings what runs to its target, and never stops a service without the app's locks.
//
// A pass, which any change of circumstances begins anew while it only waits:
//  1. Compare what runs with the target. Nothing to do: idle.
//  2. Fetch what is needed. No lock is held meanwhile.
//  3. Wait for the maintenance window, if there are any.
//  4. Wait until every service lets go, and take all locks.
//  5. Put the intent on record, stop, start, put the new release on record, release.
// While a pass waits, the release that is on record goes on running, so a daemon that died in the
// middle of step 5 finishes when it gets the locks again, and until then runs the old release.

import { setTimeout as delay } from 'node:timers/promises';
import { LockError } from '../../errors.js';
import { describe } from '../../lock/blocked.js';
import type { Instance } from '../drivers/types.js';
import { announcePending, withdrawPending } from '../locks/pending.js';
import { lockDir, type AppServices } from '../locks/places.js';
import type { Blocker, Exited } from '../locks/types.js';
import type { HeldUpdateLocks } from '../locks/held-update-locks.js';
import { UpdateLocks } from '../locks/update-locks.js';
import type { AppTarget, UpdatePolicy } from '../target/types.js';
import { digestOf } from '../target/digest.js';
import { nextOpening, type Opening } from '../target/windows.js';
import type { AppStatus, Asked, UpdateStatus } from '../types.js';
import type { Context } from './context.js';
import { Mutex } from './mutex.js';
import { isRunning, planFor, type Plan } from './plan.js';
import { Services } from './services.js';
import { own, without } from './records.js';
import { statusOf } from './status.js';

const RETRY_FETCH_MS = 5000;
const SLOWEST_FETCH_MS = 300_000;
const WHENEVER: UpdatePolicy = { then: 'give-up', windows: [], exitedServices: 'held' };

export class App {
  readonly id: string;
  readonly services: Services;
  readonly #context: Context;
  readonly #mutex = new Mutex();
  #target: AppTarget | undefined;
  #update: UpdateStatus = { state: 'idle', since: new Date().toISOString() };
  #interrupt = new AbortController();
  #wanted = false;
  #working: Promise<void> | undefined;
  #closed = false;
  #force: Asked | undefined;
  /** Ends the waiting of this release; by the wall clock, in milliseconds. */
  #deadline: { release: string; at: number } | undefined;
  /** Not tried again until somebody asks or the target changes. */
  #hopeless = false;
  #notBefore = 0;
  #fetchDelay = RETRY_FETCH_MS;
  #progress = new Map<string, number>();

  constructor(id: string, context: Context) {
    this.id = id;
    this.#context = context;
    this.services = new Services(id, context);
  }

  /** The release on record: what runs when nothing is being changed. */
  get current(): AppTarget | undefined {
    return own(this.#context.state.state.current, this.id);
  }

  get target(): AppTarget | undefined {
    return this.#target;
  }

  get stopped(): ReadonlySet<string> {
    return new Set(own(this.#context.state.state.stopped, this.id) ?? []);
  }

  status(): AppStatus {
    return statusOf(this, this.#update, this.#progress);
  }

  /** Nothing runs, nothing is to run: it can be forgotten. */
  get over(): boolean {
    return (
      this.#target === undefined &&
      this.current === undefined &&
      this.services.instances.length === 0 &&
      this.#working === undefined
    );
  }

  setTarget(target: AppTarget | undefined): void {
    this.#target = target;
    this.#deadline = undefined;
    this.kick({ anew: true });
  }

  /** `update` was asked for: force counts for the pass that runs or begins now, and for no other. */
  apply(asked: Asked): void {
    if (asked.force === true) this.#force = asked;
    this.#deadline = undefined;
    this.kick({ anew: true });
  }

  /** Circumstances have changed: whatever only waits begins anew. */
  kick({ anew = false }: { anew?: boolean } = {}): void {
    if (this.#closed) return;
    if (anew) this.#hopeless = false;
    this.#wanted = true;
    this.#interrupt.abort();
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      this.#context.rested(this);
    });
  }

  /** Runs while nothing else changes the services. */
  async alone<T>(fn: () => Promise<T>): Promise<T> {
    return this.#mutex.run(fn);
  }

  /** Stops waiting; a change that is on its way is finished first. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wanted = false;
    this.#interrupt.abort();
    await this.#working;
    this.services.close();
  }

  /** A run has ended by itself: it may be started again, and it blocks nothing any more. */
  ended(instance: Instance): void {
    this.services.ended(instance);
    this.kick();
  }

  /** The locks of all its services, whether they run or are to run. */
  locks(): UpdateLocks {
    return UpdateLocks.forApps([this.lockable()], {
      ...this.#context.locks,
      exited: (_app, service) => this.exited(service),
    });
  }

  /** What of it there is to lock, and by which policy. */
  lockable(): AppServices {
    const { exitedServices, dataDir } = this.policy();
    const services = this.serviceNames();
    return { app: this.id, services, exitedServices, ...(dataDir !== undefined && { dataDir }) };
  }

  serviceNames(): string[] {
    const named = [this.current, this.#target].flatMap((app) => app?.services ?? []);
    const running = this.services.instances.map(({ service }) => service);
    return [...new Set([...named.map(({ name }) => name), ...running])].sort();
  }

  policy(): UpdatePolicy {
    return (this.#target ?? this.current)?.update ?? WHENEVER;
  }

  /** When and how a service ended, if it is known not to run. */
  exited(service: string): Exited | undefined {
    const run = this.services.of(service);
    if (run === undefined) return {};
    if (isRunning(run)) return undefined;
    const { exitedAt: at, exitCode: code } = run;
    return { ...(at !== undefined && { at }), ...(code !== undefined && { code }) };
  }

  /** An operation overrode locks: a pending update must not slip through before they are retaken. */
  holdBack(milliseconds: number): void {
    this.#notBefore = Date.now() + milliseconds;
    this.kick();
  }

  async #work(): Promise<void> {
    // In a turn of its own, so that a burst of kicks is one pass.
    await Promise.resolve();
    while (this.#wanted) {
      this.#wanted = false;
      this.#interrupt = new AbortController();
      try {
        await this.#pass(this.#interrupt.signal);
      } catch (error) {
        if (!this.#interrupt.signal.aborted) this.#fail(error);
      }
    }
    this.#withdraw();
  }

  async #pass(stop: AbortSignal): Promise<void> {
    const plan = this.#plan();
    if (plan.start.length === 0 && plan.stop.length === 0) {
      this.#settled();
      await this.#keep();
      return;
    }
    if (this.#hopeless) {
      await this.#keep();
      return;
    }
    if (!(await this.#fetch(plan, stop))) return;
    if (plan.needsLocks || this.#opens() > Date.now()) {
      await this.#keep();
      await this.#time(stop);
      if (stop.aborted) return;
      const held = await this.#take(stop);
      if (held === undefined) return;
      try {
        await this.alone(async () => this.#change(true));
      } finally {
        this.#withdraw();
        await held.release();
      }
    } else await this.alone(async () => this.#change(false));
    this.#wanted = true; // to see that it is done, and to begin what was asked for meanwhile
  }

  #plan(): Plan {
    return planFor(this.#target, this.services.instances, this.stopped);
  }

  // What runs is what is wanted.
  #settled(): void {
    const target = this.#target;
    const { state, journal } = this.#context;
    const before = this.current;
    if (!same(before, target)) {
      state.update((all) => {
        all.current = without(all.current, this.id);
        if (target !== undefined) all.current[this.id] = target;
        all.applying = without(all.applying, this.id);
      });
      const release = target?.release;
      if (before?.release !== release)
        journal.write({
          kind: 'applied',
          app: this.id,
          ...(release !== undefined && { release }),
          text: release === undefined ? 'the app is gone' : `release ${release} runs`,
        });
    }
    this.#force = undefined;
    this.#deadline = undefined;
    this.#fetchDelay = RETRY_FETCH_MS;
    this.#move({ state: 'idle' });
  }

  async #keep(): Promise<void> {
    const { current } = this;
    if (current === undefined) return;
    await this.alone(async () =>
      this.services.keep(current, this.stopped, () => {
        this.kick();
      }),
    );
  }

  // True when everything is here.
  async #fetch({ start }: Plan, stop: AbortSignal): Promise<boolean> {
    if (start.length === 0) return true;
    const { driver, journal } = this.#context;
    const about = { app: this.id, ...this.#release() };
    if (this.#update.state === 'idle') this.#move({ state: 'fetching' });
    try {
      for (const service of start)
        await driver.fetch(service, {
          signal: stop,
          onProgress: (percent) => {
            this.#progress.set(service.name, percent);
            this.#move({ state: 'fetching' });
          },
        });
      return !stop.aborted;
    } catch (error) {
      if (stop.aborted) return false;
      if (!LockError.is(error)) throw error;
      journal.write({ kind: 'failed', ...about, text: error.message });
      this.#move({ state: 'fetching', error: error.message });
      const pause = this.#fetchDelay;
      this.#fetchDelay = Math.min(pause * 2, SLOWEST_FETCH_MS);
      await this.#keep();
      await delay(pause, undefined, { signal: stop }).catch(() => undefined);
      this.#wanted ||= !stop.aborted;
      return false;
    } finally {
      this.#progress.clear();
    }
  }

  // Waits until it is time: for the window, or until those who were overridden have their locks again.
  async #time(stop: AbortSignal): Promise<void> {
    for (;;) {
      const opens = this.#opens();
      if (opens <= Date.now() || stop.aborted) return;
      const at = new Date(opens).toISOString();
      if (this.#update.state !== 'window' || this.#update.opens !== at) {
        this.#move({ state: 'window', opens: at });
        const text = `the update waits until ${at}`;
        this.#context.journal.write({ kind: 'window', app: this.id, ...this.#release(), text });
        this.#announce();
      }
      // Timers are good for 24 days; one that is early is harmless.
      const pause = Math.min(opens - Date.now(), 0x7fffffff);
      await delay(pause, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  // From when on it may be applied, in milliseconds; 0: now. A first release interrupts nobody.
  #opens(): number {
    const asked = this.#force ?? this.#context.override();
    if (asked !== undefined || this.current === undefined) return 0;
    return Math.max(opensAt(nextOpening(this.policy().windows, new Date())), this.#notBefore);
  }

  // All locks, or undefined where that was given up or is to begin anew.
  async #take(stop: AbortSignal): Promise<HeldUpdateLocks | undefined> {
    const policy = this.policy();
    const asked = this.#force ?? this.#context.override();
    const deadline = this.#deadlineFor(policy);
    const request = {
      maxWait: Infinity,
      signal: stop,
      reason: this.#target === undefined ? 'removal' : `update to ${this.#target.release}`,
      onBlocked: (blockers: readonly Blocker[]) => {
        this.#blocked(blockers, deadline, policy);
      },
    };
    const timeout = deadline === undefined ? Infinity : Math.max(0, deadline - Date.now());
    const locks = this.locks();
    try {
      return await locks.lock({ ...request, timeout, force: asked !== undefined });
    } catch (error) {
      if (stop.aborted) return undefined;
      if (!LockError.is(error) || error.code !== 'ERR_UPDATES_LOCKED') throw error;
      return this.#outOfPatience(locks, request, policy, error);
    }
  }

  async #outOfPatience(
    locks: UpdateLocks,
    request: Parameters<UpdateLocks['lock']>[0],
    policy: UpdatePolicy,
    error: LockError,
  ): Promise<HeldUpdateLocks | undefined> {
    const { journal } = this.#context;
    const about = { app: this.id, ...this.#release() };
    if (policy.then === 'force') {
      const text = 'the longest wait is over: the policy is to override';
      journal.write({ kind: 'notice', ...about, who: 'policy', text });
      return locks.lock({ ...request, timeout: Infinity, force: true });
    }
    const text = `given up until the target changes or somebody asks: ${error.message}`;
    journal.write({ kind: 'gave-up', ...about, who: 'policy', text });
    this.#hopeless = true;
    this.#move({ state: 'gave-up', blockers: error.blockers, error: error.message });
    this.#withdraw();
    return undefined;
  }

  #deadlineFor({ maxWait }: UpdatePolicy): number | undefined {
    const { release = '' } = this.#release();
    if (maxWait === undefined) return undefined;
    if (this.#deadline?.release !== release) this.#deadline = { release, at: Date.now() + maxWait };
    return this.#deadline.at;
  }

  #blocked(
    blockers: readonly Blocker[],
    deadline: number | undefined,
    { then }: UpdatePolicy,
  ): void {
    const limit = deadline !== undefined && { deadline: new Date(deadline).toISOString(), then };
    const before = new Set(this.#update.blockers?.map(({ path, id }) => `${String(id)} ${path}`));
    this.#move({ state: 'waiting', blockers, ...limit });
    this.#announce();
    for (const blocker of blockers) {
      if (before.has(`${String(blocker.id)} ${blocker.path}`)) continue;
      this.#context.journal.write({
        kind: 'wait',
        app: this.id,
        ...this.#release(),
        ...(blocker.service && { service: blocker.service.service }),
        path: blocker.path,
        ...(blocker.record && { reason: blocker.record.reason }),
        text: `the update waits: ${describe(blocker)}`,
      });
    }
  }

  // Under the locks, or where nothing that runs is to be stopped; begins anew where that has changed.
  async #change(locked: boolean): Promise<void> {
    const target = this.#target;
    const before = this.current;
    const { state } = this.#context;
    const plan = this.#plan();
    if (plan.needsLocks && !locked) return;
    this.#move({ state: 'applying' });
    state.update((all) => {
      all.applying[this.id] = {
        ...(before && { from: before.release }),
        to: target?.release ?? '',
        ...(this.#force && { force: true }),
      };
    });
    const why = target === undefined ? 'the app is removed' : `update to ${target.release}`;
    for (const instance of plan.stop)
      await this.services.stop(instance, graceOf(before, instance), why);
    try {
      if (target !== undefined)
        for (const service of plan.start) await this.services.start(target, service, why);
    } catch (error) {
      await this.#rollBack(target, before);
      throw error;
    }
    this.#settled();
  }

  // Something of the new release cannot be started: back to the one on record, still under the locks.
  async #rollBack(target: AppTarget | undefined, before: AppTarget | undefined): Promise<void> {
    this.#hopeless = true;
    if (before === undefined || same(target, before)) return;
    const { stop, start } = planFor(before, this.services.instances, this.stopped);
    const why = `back to ${before.release}`;
    for (const instance of stop) await this.services.stop(instance, graceOf(target, instance), why);
    for (const service of start) await this.services.start(before, service, why);
  }

  #fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#hopeless = true;
    this.#force = undefined;
    this.#context.journal.write({
      kind: 'failed',
      app: this.id,
      ...this.#release(),
      text: `the update failed: ${text}`,
    });
    this.#move({ state: 'failed', error: text });
    this.#wanted = true; // once more, to keep the release on record running
  }

  #release(): { release?: string } {
    return this.#target === undefined ? {} : { release: this.#target.release };
  }

  #move(update: Omit<UpdateStatus, 'since'>): void {
    const idle = update.state === 'idle';
    const same =
      this.#update.state === update.state &&
      (idle || this.#update.release === this.#target?.release);
    this.#update = {
      ...update,
      since: same ? this.#update.since : new Date().toISOString(),
      ...(!idle && this.#release()),
    };
    this.#context.moved(this.id, this.#update);
  }

  // Whoever holds a lock can see that somebody waits, in any language: a file beside it.
  #announce(): void {
    const { since, release = '', deadline } = this.#update;
    const { root } = this.#context.locks;
    const pending = { release, since, ...(deadline !== undefined && { deadline }) };
    for (const service of this.serviceNames())
      this.#warn(announcePending(lockDir(root, this.id, service), pending));
  }

  #withdraw(): void {
    const { root } = this.#context.locks;
    for (const service of this.serviceNames())
      this.#warn(withdrawPending(lockDir(root, this.id, service)));
  }

  #warn(text: string | undefined): void {
    if (text !== undefined) this.#context.journal.write({ kind: 'notice', app: this.id, text });
  }
}

// Compared by content: what is on record has been written and read.
function same(one: AppTarget | undefined, other: AppTarget | undefined): boolean {
  return one === other || (one && digestOf(one)) === (other && digestOf(other));
}

// A window that never opens again: as good as in a thousand years.
function opensAt(now: Opening): number {
  if (now.open) return 0;
  return now.opens?.getTime() ?? Date.now() + 1000 * 365 * 86_400_000;
}

function graceOf(app: AppTarget | undefined, { service }: Instance): number {
  return app?.services.find(({ name }) => name === service)?.stopGrace ?? 10_000;
}
