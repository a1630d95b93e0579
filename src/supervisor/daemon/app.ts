// One app: brings what runs to its target, and never stops a service without the app's locks.
//
// A pass, which any change of circumstances begins anew while it only waits:
//  1. Compare what runs with the target. Nothing to do: idle.
//  2. Fetch what is needed. No lock is held meanwhile.
//  3. Wait for the maintenance window, if there are any.
//  4. Wait until every service lets go, and take all locks; of a device with a fleet also its slot
//     (turn.ts has the order).
//  5. Put the intent on record, stop, start, put the new release on record, release.
//  6. Where a slot was used: once the release on record is healthy, let go of it.
// While a pass waits, the release that is on record goes on running, so a daemon that died in the
// middle of step 5 finishes when it gets the locks again, and until then runs the old release.

import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from '../drivers/types.js';
import type { AppServices } from '../locks/places.js';
import type { Exited } from '../locks/types.js';
import { UpdateLocks } from '../locks/update-locks.js';
import { sameTarget } from '../target/digest.js';
import { NO_POLICY } from '../target/policy.js';
import type { AppTarget, UpdatePolicy } from '../target/types.js';
import { nextOpening, type Opening } from '../target/windows.js';
import type { AppStatus, Asked } from '../types.js';
import { Backoff } from './backoff.js';
import { startNew, stopOld } from './change.js';
import type { Context } from './context.js';
import { Course } from './course.js';
import { Fetching } from './fetching.js';
import { Recovery } from './fleet/recovery.js';
import type { FleetSlot } from './fleet/slot.js';
import { Mutex } from './mutex.js';
import { Notices } from './notices.js';
import { isRunning, planFor, type Plan } from './plan.js';
import { own, without } from './records.js';
import { Services } from './services.js';
import { statusOf } from './status.js';
import { Taking } from './taking.js';
import { Turn } from './turn.js';

const LONGEST_TIMER_MS = 0x7fffffff;

export class App {
  readonly id: string;
  readonly services: Services;
  readonly #context: Context;
  readonly #mutex = new Mutex();
  readonly #course: Course;
  readonly #notices: Notices;
  readonly #fetching: Fetching;
  readonly #taking: Taking;
  readonly #turn: Turn;
  readonly #recovery: Recovery;
  #target: AppTarget | undefined;
  #interrupt = new AbortController();
  #wanted = false;
  #working: Promise<void> | undefined;
  #closed = false;
  #force: Asked | undefined;
  /** The update goes on without a slot of the fleet. */
  #noFleet = false;
  /** Not tried again until somebody asks or the target changes. */
  #hopeless = false;
  #notBefore = 0;
  readonly #backoff = new Backoff(5000, 300_000);

  constructor(id: string, context: Context) {
    this.id = id;
    this.#context = context;
    this.services = new Services(id, context);
    this.#course = new Course(id, context, () => this.#target);
    this.#notices = new Notices(id, context, this.#course);
    this.#fetching = new Fetching(context.driver, this.#course);
    this.#taking = new Taking(this.#course, this.#notices);
    this.#turn = new Turn(id, this.#course, this.#notices, this.#taking);
    this.#recovery = new Recovery(id, context);
  }

  /** The release on record: what runs when nothing is being changed. */
  get current(): AppTarget | undefined {
    return own(this.#context.state.state.current, this.id);
  }

  get target(): AppTarget | undefined {
    return this.#target;
  }

  /** The services that were stopped by request. */
  get stopped(): ReadonlySet<string> {
    return new Set(own(this.#context.state.state.stopped, this.id) ?? []);
  }

  get policy(): UpdatePolicy {
    return (this.#target ?? this.current)?.update ?? NO_POLICY;
  }

  status(): AppStatus {
    return statusOf(this, this.#course.status, this.#fetching.progress);
  }

  /** Nothing runs, nothing is to run: it can be forgotten. */
  get over(): boolean {
    const { target, current, services } = this;
    const nothing = target === undefined && current === undefined;
    return nothing && services.instances.length === 0 && this.#working === undefined;
  }

  setTarget(target: AppTarget | undefined): void {
    const changed = !sameTarget(this.#target, target);
    this.#target = target;
    if (changed) this.#taking.reset();
    this.kick(changed);
  }

  /** `update` was asked for: force counts for the pass that runs or begins now, and for no other. */
  apply(asked: Asked): void {
    if (asked.force === true) this.#force = asked;
    if (asked.noFleet === true) this.#noFleet = true;
    // Patience begins anew only with what was given up: asking often must not make it endless.
    if (this.#hopeless) this.#taking.reset();
    this.kick(true);
  }

  /** Circumstances have changed: whatever only waits begins anew; with `anew` what was given up, too. */
  kick(anew: boolean = false): void {
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
    await this.alone(() => Promise.resolve());
    this.#recovery.close();
    this.services.close();
  }

  /** A run has ended by itself: it may be started again, and it blocks nothing any more. */
  ended(instance: Instance): void {
    this.services.ended(instance);
    this.kick();
  }

  /** An operation overrode locks: a pending update must not slip through before they are retaken. */
  holdBack(milliseconds: number): void {
    this.#notBefore = Date.now() + milliseconds;
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
    const { exitedServices, dataDir } = this.policy;
    const services = this.serviceNames();
    return { app: this.id, services, exitedServices, ...(dataDir !== undefined && { dataDir }) };
  }

  serviceNames(): string[] {
    const named = [this.current, this.#target].flatMap((app) => app?.services ?? []);
    const running = this.services.instances.map(({ service }) => service);
    return [...new Set([...named.map(({ name }) => name), ...running])].sort();
  }

  /** When and how a service ended, if it is known not to run. */
  exited(service: string): Exited | undefined {
    const run = this.services.of(service);
    if (run === undefined) return {};
    if (isRunning(run)) return undefined;
    const { exitedAt: at, exitCode: code } = run;
    return { ...(at !== undefined && { at }), ...(code !== undefined && { code }) };
  }

  async #work(): Promise<void> {
    await Promise.resolve(); // a burst of kicks is one pass
    this.#notices.withdraw(this.serviceNames()); // of a daemon that died
    while (this.#wanted) {
      this.#wanted = false;
      this.#interrupt = new AbortController();
      try {
        await this.#pass(this.#interrupt.signal);
      } catch (error) {
        if (!this.#interrupt.signal.aborted) this.#fail(error);
      }
    }
    this.#notices.withdraw();
  }

  async #pass(stop: AbortSignal): Promise<void> {
    const plan = this.#plan();
    const done = plan.start.length === 0 && plan.stop.length === 0;
    if (done) this.#settle(this.#target, this.#force);
    if (done || this.#hopeless) return this.#keep();
    const fleet = this.#fleetFor(plan);
    if (!(await this.#fetching.all(plan.start, stop, async () => this.#keep()))) {
      this.#wanted ||= !stop.aborted;
      return;
    }
    const waits = plan.needsLocks || fleet !== undefined || this.#opens() > Date.now();
    const went = waits
      ? await this.#underLocks(stop, fleet)
      : await this.alone(async () => this.#change(false));
    if (went) this.#backoff.reset();
    else await this.#backoff.pause(stop);
  }

  // False: what runs could not be stopped, and is to be tried again later.
  async #underLocks(stop: AbortSignal, fleet: FleetSlot | undefined): Promise<boolean> {
    await this.#keep();
    await this.#time(stop);
    if (stop.aborted) return true;
    const force = (this.#force ?? this.#context.override()) !== undefined;
    const how = { services: this.serviceNames(), policy: this.policy, force, stop };
    const held = await this.#turn.take(this.locks(), how, fleet, () => this.#opens() <= Date.now());
    if (held === undefined) return true;
    if (held === 'again') {
      this.#wanted = true;
      return true;
    }
    if (held === 'given-up') {
      this.#hopeless = true;
      return true;
    }
    try {
      return await this.alone(async () => this.#change(true));
    } finally {
      this.#notices.withdraw();
      await held.release();
      fleet?.leave(this.id);
    }
  }

  // The slot is for what is in place of a release that runs: a first one takes nobody's place.
  #fleetFor({ needsLocks }: Plan): FleetSlot | undefined {
    const { current } = this;
    const replaces = current !== undefined && !sameTarget(current, this.#target);
    return (needsLocks || replaces) && !this.#noFleet ? this.#context.fleet : undefined;
  }

  #plan(): Plan {
    return planFor(this.#target, this.services.instances, this.stopped);
  }

  // What runs is this target, brought about with this force; by now others may be wanted.
  #settle(target: AppTarget | undefined, force: Asked | undefined): void {
    const before = this.current;
    if (!sameTarget(before, target)) {
      this.#context.state.update((all) => {
        all.current = without(all.current, this.id);
        if (target !== undefined) all.current[this.id] = target;
        all.applying = without(all.applying, this.id);
      });
      if (target === undefined) this.#course.note('applied', 'the app is gone');
      else if (before?.release !== target.release) {
        const { release } = target;
        this.#course.note('applied', `release ${release} runs`, { release });
      }
    }
    if (this.#force === force) this.#force = undefined;
    if (!sameTarget(target, this.#target)) return;
    this.#taking.reset();
    this.#noFleet = false;
    this.#course.move({ state: 'idle' });
  }

  async #keep(): Promise<void> {
    const { current } = this;
    if (current !== undefined)
      await this.alone(async () =>
        this.services.keep(current, this.stopped, () => {
          this.kick();
        }),
      );
    this.#recovery.look(current, this.services.instances, this.stopped);
  }

  // Waits until it is time: for the window, or until those who were overridden have their locks again.
  async #time(stop: AbortSignal): Promise<void> {
    for (;;) {
      const opens = this.#opens();
      if (opens <= Date.now() || stop.aborted) return;
      const at = new Date(opens).toISOString();
      const { state, opens: known } = this.#course.status;
      if (state !== 'window' || known !== at) {
        this.#course.move({ state: 'window', opens: at });
        this.#course.note('window', `the update waits until ${at}`);
        this.#notices.announce(this.serviceNames());
      }
      const pause = Math.min(opens - Date.now(), LONGEST_TIMER_MS);
      await delay(pause, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  // From when on it may be applied, in milliseconds; 0: now. A first release interrupts nobody.
  #opens(): number {
    const asked = this.#force ?? this.#context.override();
    if (asked !== undefined || this.current === undefined) return 0;
    return Math.max(opensAt(nextOpening(this.policy.windows, new Date())), this.#notBefore);
  }

  // Under the locks, or where nothing that runs is to be stopped; begins anew where that has changed.
  // False: something could not be stopped (the engine is away, say), and runs as before.
  async #change(locked: boolean): Promise<boolean> {
    const { target, current: before, services, stopped } = this;
    const force = this.#force;
    this.#wanted = true; // to see that it is done, and to begin what was asked for meanwhile
    const plan = this.#plan();
    if (plan.needsLocks && !locked) return true;
    this.#course.move({ state: 'applying' });
    this.#recovery.close(); // what it waited for is over
    this.#context.state.update((all) => {
      this.#context.fleet?.mark(all, this.id);
      all.applying[this.id] = {
        ...(before && { from: before.release }),
        to: target?.release ?? '',
        ...(force && { force: true }),
      };
    });
    const change = { services, stopped, before, target, why: this.#course.what };
    try {
      await stopOld(plan, change);
    } catch (error) {
      const text = `the update is tried again: ${textOf(error)}`;
      this.#course.note('failed', text, { ...(target && { release: target.release }) });
      this.#course.move({ state: 'applying', error: text });
      return false;
    }
    try {
      await startNew(plan, change);
      this.#settle(target, force);
    } catch (error) {
      this.#fail(error, target, force);
    }
    return true;
  }

  // The next target, if it has come already, has its chance.
  #fail(
    error: unknown,
    target: AppTarget | undefined = this.#target,
    force: Asked | undefined = this.#force,
  ): void {
    const text = textOf(error);
    const about = target && { release: target.release };
    this.#course.note('failed', `the update failed: ${text}`, { ...about });
    this.#wanted = true; // to keep the release on record running, or to go on to the next target
    if (this.#force === force) this.#force = undefined;
    if (!sameTarget(target, this.#target)) return;
    this.#hopeless = true;
    this.#noFleet = false;
    this.#course.move({ state: 'failed', error: text });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// A window that never opens again: as good as in a thousand years.
function opensAt(now: Opening): number {
  if (now.open) return 0;
  return now.opens?.getTime() ?? Date.now() + 1000 * 365 * 86_400_000;
}
