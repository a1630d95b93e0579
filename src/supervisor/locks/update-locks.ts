// The update locks of apps: those of all services or none.
//
//  1. Take the turn of each app: one operation at a time in this process.
//  2. Try all lock files in one native call. Whoever may be overruled (force; the lock file of an
//     earlier boot; by policy that of a service that does not run) is replaced, but only if that
//     leaves nobody in the way.
//  3. Refused: look who it is, give the turn back, and wait for a change; nothing is held meanwhile.
// An operation that only waits keeps no turn, so that a forced one gets through.

import { performance } from 'node:perf_hooks';
import { invalid, LockError } from '../../errors.js';
import { heldBySupervisor } from '../../inspect/supervisor.js';
import type { Inspection } from '../../inspect/types.js';
import { isBlockers, takeAll } from '../../lock/all.js';
import { describe } from '../../lock/blocked.js';
import type { Lock } from '../../lock/lock.js';
import type { SupervisorTakeOptions } from '../../lock/types.js';
import { deadline } from '../../lock/wait.js';
import { watchDirectory } from '../../watch.js';
import { blockersAt, busy, updatesLocked } from './blockers.js';
import { HeldUpdateLocks } from './held.js';
import { dataLock, placeOf, prepare, type Place } from './places.js';
import { takeTurns } from './turns.js';
import type { Blocker, LockRequest, UpdateLockEvent, UpdateLocksOptions } from './types.js';
import { untilChanged } from './until-changed.js';

const DEFAULT_UID = 65534;
const DEFAULT_MAX_WAIT = 10_000;

/** The services of one app, with options of its own where there are several apps. */
export interface AppServices {
  app: string | number;
  services: readonly string[];
  options?: UpdateLocksOptions;
}

interface Owner {
  app: string;
  service?: string;
  options: UpdateLocksOptions;
}

export class UpdateLocks {
  /** Every lock file, sorted. */
  readonly paths: readonly string[];
  readonly #places: readonly (Place & { options: UpdateLocksOptions })[];
  readonly #owners = new Map<string, Owner>();
  readonly #apps: readonly string[];

  private constructor(apps: readonly AppServices[], options: UpdateLocksOptions) {
    const whole = apps.map((one) => ({ ...one, options: one.options ?? options }));
    this.#places = whole.flatMap((one) =>
      [...new Set(one.services)].map((service) => ({
        ...placeOf(one.app, service, one.options),
        options: one.options,
      })),
    );
    for (const { app, service, paths, options: own } of this.#places)
      for (const path of paths) this.#owners.set(path, { app, service, options: own });
    for (const { app, options: own } of whole)
      if (own.dataDir !== undefined)
        this.#owners.set(dataLock(own.dataDir), { app: String(app), options: own });
    this.paths = [...this.#owners.keys()].sort();
    this.#apps = [...new Set(whole.map(({ app }) => String(app)))].sort();
  }

  /** The locks of some services of one app. LockError for a name that is none. */
  static for(
    app: string | number,
    services: readonly string[],
    options: UpdateLocksOptions = {},
  ): UpdateLocks {
    return new UpdateLocks([{ app, services }], options);
  }

  /** The locks of several apps as one; always in the same order, whatever the order here. */
  static forApps(apps: readonly AppServices[], options: UpdateLocksOptions = {}): UpdateLocks {
    return new UpdateLocks(apps, options);
  }

  /** The lock files of one service. */
  pathsOf(service: string): string[] {
    return this.paths.filter((path) => this.#owners.get(path)?.service === service);
  }

  /** Makes the lock directories (mode 1777), for their services to be mounted into. */
  prepare(): void {
    for (const place of this.#places) prepare(place, place.options);
  }

  /**
   * Watches every lock directory, so that the file which a finished flock leaves is known as no lock.
   * Begin before the services start. Keeps no process alive.
   */
  watch(): Disposable & { close(): void } {
    const watches = this.#places.map(({ dir }) => watchDirectory(dir));
    const close = (): void => {
      for (const one of watches) one.close();
    };
    return { close, [Symbol.dispose]: close };
  }

  /**
   * Takes all locks. LockError: ERR_UPDATES_LOCKED with every blocker (verdict, holders) when a
   * service holds one for longer than `timeout`, or another operation of this process has the app for
   * longer than `maxWait`; ERR_LOCK_ABORTED when `signal` fires. Nothing is held then.
   */
  async lock(request: LockRequest = {}): Promise<HeldUpdateLocks> {
    checkRequest(request);
    const { signal, timeout = 0, maxWait = DEFAULT_MAX_WAIT } = request;
    const end = performance.now() + timeout;
    const { stop, clear } = deadline(timeout === Infinity ? undefined : timeout, signal);
    try {
      for (;;) {
        const giveBack = await takeTurns(this.#apps, maxWait, signal);
        checkAborted(signal, giveBack);
        if (giveBack === undefined) throw busy(this.#apps);
        const got = this.#tryWith(request, giveBack);
        if (got instanceof HeldUpdateLocks) return got;
        const left = this.#look(got);
        if (left.every((one) => this.#overrules(one, request))) continue; // changed meanwhile
        if (performance.now() >= end) throw updatesLocked(left, this.#owner);
        await this.#wait(left, request, stop);
        checkAborted(signal);
      }
    } finally {
      clear();
    }
  }

  /** Runs `fn` under all locks and releases them whatever happens; gives its result. */
  async withLock<T>(fn: () => T | Promise<T>): Promise<T>;
  async withLock<T>(request: LockRequest, fn: () => T | Promise<T>): Promise<T>;
  async withLock<T>(
    ...args: [() => T | Promise<T>] | [LockRequest, () => T | Promise<T>]
  ): Promise<T> {
    const [request, fn] = args.length === 1 ? [{}, args[0]] : args;
    const held = await this.lock(request);
    try {
      return await fn();
    } finally {
      await held.release();
    }
  }

  readonly #owner = (path: string): Owner | undefined => this.#owners.get(path);

  // Holds the turn on success, and only then.
  #tryWith(request: LockRequest, giveBack: () => void): HeldUpdateLocks | readonly Inspection[] {
    const overruled: Inspection[] = [];
    const take = this.#takeOptions(request, overruled);
    let kept = false;
    try {
      const got = this.#try(take);
      if (isBlockers(got)) return got;
      kept = true;
      return this.#hold(got, take, request, overruled, giveBack);
    } finally {
      if (!kept) giveBack();
    }
  }

  #try(take: SupervisorTakeOptions): ReturnType<typeof takeAll> {
    try {
      return takeAll(this.paths, take);
    } catch (error) {
      if (!LockError.is(error) || error.code !== 'ERR_LOCK_PATH') throw error;
      this.prepare(); // a service that never ran has no directory yet
      return takeAll(this.paths, take);
    }
  }

  #takeOptions(request: LockRequest, overruled: Inspection[]): SupervisorTakeOptions {
    const [{ options } = { options: {} as UpdateLocksOptions }] = [...this.#owners.values()];
    const { lockfileUid = DEFAULT_UID, history } = options;
    const root = process.getuid?.() === 0;
    return {
      role: 'supervisor',
      reason: request.reason ?? 'supervisor',
      ...(root && { owner: { uid: lockfileUid, gid: lockfileUid } }),
      ...(history && { history }),
      overrule: (blocker) => {
        if (!this.#overrules(blocker, request)) return false;
        overruled.push(blocker);
        return true;
      },
    };
  }

  #overrules(blocker: Inspection, { force = false }: LockRequest): boolean {
    if (blocker.id === undefined || heldBySupervisor(blocker)) return false;
    if (force || blocker.verdict !== 'held') return true;
    const owner = this.#owners.get(blocker.path);
    if (owner?.service === undefined || blocker.by === 'kernel') return false;
    const { exitedServices, exited } = owner.options;
    return exitedServices === 'stale' && exited?.(owner.app, owner.service) !== undefined;
  }

  #hold(
    locks: readonly Lock[],
    take: SupervisorTakeOptions,
    { reason = 'supervisor' }: LockRequest,
    overruled: readonly Inspection[],
    giveBack: () => void,
  ): HeldUpdateLocks {
    const since = performance.now();
    for (const blocker of overruled)
      this.#report({
        kind: 'overridden',
        path: blocker.path,
        ...this.#about(blocker.path),
        holder: describe(blocker),
        ...(blocker.record && { reason: blocker.record.reason }),
        text: `overridden for ${reason}: ${describe(blocker)}`,
      });
    this.#tellApps('taken', `all locks taken: ${reason}`);
    return new HeldUpdateLocks(locks, {
      take,
      about: (path) => this.#about(path),
      report: (event) => {
        this.#report(event);
      },
      giveBack: () => {
        giveBack();
        const seconds = ((performance.now() - since) / 1000).toFixed(1);
        this.#tellApps('released', `all locks released after ${seconds} s: ${reason}`);
      },
    });
  }

  #look(blockers: readonly Inspection[]): Blocker[] {
    const [{ options } = { options: {} as UpdateLocksOptions }] = [...this.#owners.values()];
    const exited: UpdateLocksOptions['exited'] = (app, service) => {
      const place = this.#places.find((one) => one.app === app && one.service === service);
      return place?.options.exited?.(app, service);
    };
    const paths = blockers.map(({ path }) => path);
    return blockersAt(paths, this.#owner, { ...options, exited });
  }

  // Until none of them is in the way any more; says so whenever who it is changes.
  async #wait(first: readonly Blocker[], request: LockRequest, stop: AbortSignal): Promise<void> {
    let blockers = first;
    let said = '';
    while (blockers.length > 0 && !stop.aborted) {
      const now = blockers
        .map(
          ({ id, by, holders }) =>
            `${String(id)} ${String(by)} ${holders.map(({ pid }) => pid).join()}`,
        )
        .join();
      if (now !== said) request.onBlocked?.(blockers);
      said = now;
      await untilChanged(blockers, stop);
      blockers = this.#look(blockers);
      if (blockers.every((one) => this.#overrules(one, request))) return;
    }
  }

  #about(path: string): Pick<UpdateLockEvent, 'app' | 'service'> {
    const owner = this.#owners.get(path);
    if (owner === undefined) return {};
    const { app, service } = owner;
    return { app, ...(service !== undefined && { service }) };
  }

  #report(event: UpdateLockEvent): void {
    const owner = event.path === undefined ? undefined : this.#owners.get(event.path);
    owner?.options.onEvent?.(event);
  }

  #tellApps(kind: 'taken' | 'released', text: string): void {
    for (const app of this.#apps) {
      const owner = [...this.#owners.values()].find((one) => one.app === app);
      owner?.options.onEvent?.({ kind, app, text });
    }
  }
}

function checkRequest({ force, maxWait, timeout, signal, reason, onBlocked }: LockRequest): void {
  for (const [name, value] of Object.entries({ maxWait, timeout }))
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      throw invalid(name, 'milliseconds, 0 or more', value);
  if (force !== undefined && typeof force !== 'boolean') throw invalid('force', 'a boolean', force);
  if (reason !== undefined && typeof reason !== 'string')
    throw invalid('reason', 'a string', typeof reason);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid('signal', 'an AbortSignal', typeof signal);
  if (onBlocked !== undefined && typeof onBlocked !== 'function')
    throw invalid('onBlocked', 'a function', typeof onBlocked);
}

function checkAborted(signal: AbortSignal | undefined, giveBack?: () => void): void {
  if (signal?.aborted !== true) return;
  giveBack?.();
  throw new LockError('ERR_LOCK_ABORTED', 'the wait for update locks was aborted', {
    cause: signal.reason,
  });
}
