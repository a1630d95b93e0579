// The update locks of an app, or of several: all services or none.
//
// 1. Wait for the turn: one locking operation for an app at a time, in this process.
// 2. Try: every lock file of every service, as one set. Nothing is kept of a try that fails.
// 3. Somebody is in the way: give up the turn, so that a forced operation gets through meanwhile, wait
//    until they let go, and begin anew.
// 4. Held: the turn is kept too, until the release.
//
// Protects what the services lock with any of the protocols that lockbridge sees. Does not protect a
// service that takes no lock, nor from another supervisor that overrides as this one does.

import { invalid, LockError } from '../../errors.js';
import type { Inspection } from '../../inspect/types.js';
import type { Lock } from '../../lock/lock.js';
import { isBlockers, tryTogether, type Blockers } from '../../lock/together.js';
import { deadline } from '../../lock/wait.js';
import { watchDirectory } from '../../watch.js';
import { holderText, Scene, updatesLocked } from './blockers.js';
import { tell } from './events.js';
import { HeldUpdateLocks } from './held-update-locks.js';
import { checkDirs, prepareDir } from './directories.js';
import { appName, lockPlaces, servicesDir, type AppServices } from './places.js';
import { abortedBy, checkRequest, isAborted } from './request.js';
import { takeTurn } from './turn.js';
import type { LockRequest, UpdateLockEvent, UpdateLocksOptions } from './types.js';
import { untilGone } from './until-gone.js';

const NOBODY = 65534;
const MAX_WAIT_MS = 10_000;

export class UpdateLocks {
  /** Every lock file, sorted. */
  readonly paths: readonly string[];
  readonly #apps: readonly AppServices[];
  readonly #options: UpdateLocksOptions;
  readonly #scene: Scene;
  readonly #turns: readonly { key: string; app: string }[];

  private constructor(apps: readonly AppServices[], options: UpdateLocksOptions) {
    const { exitedServices, lockfileUid = NOBODY } = options;
    if (exitedServices !== undefined && !['held', 'stale'].includes(exitedServices))
      throw invalid('exitedServices', "'held' or 'stale'", exitedServices);
    if (!Number.isInteger(lockfileUid) || lockfileUid < 0)
      throw invalid('lockfileUid', 'a user id', lockfileUid);
    const places = lockPlaces(apps, options);
    this.paths = places.map(({ path }) => path);
    this.#apps = apps.map((one) => ({ ...one, services: [...one.services] }));
    this.#options = options;
    this.#scene = new Scene(places, options);
    const names = [...new Set(apps.map(({ app }) => appName(app)))].sort();
    this.#turns = names.map((app) => ({ key: `${servicesDir(options.root)}/${app}`, app }));
  }

  /** The locks of one app's services. ERR_INVALID_ARGUMENT for a name that leads out of the tree. */
  static for(
    app: string | number,
    services: readonly string[],
    options: UpdateLocksOptions = {},
  ): UpdateLocks {
    return new UpdateLocks([{ app, services }], options);
  }

  /** The locks of several apps, as one set. */
  static forApps(apps: readonly AppServices[], options: UpdateLocksOptions = {}): UpdateLocks {
    return new UpdateLocks(apps, options);
  }

  /**
   * Makes the lock directories (mode 1777, whatever the umask). LockError (ERR_LOCK_PATH) if a
   * symbolic link or anything else is in the way. Do it before the services start.
   */
  prepare(): void {
    for (const { app, services } of this.#apps)
      for (const service of services) prepareDir(this.#options.root, app, service);
  }

  /**
   * Makes the directories and watches them until disposed, so that what a finished flock(1) leaves is
   * known to be no lock. Begin before the services start.
   */
  watch(): Disposable {
    const watches: Disposable[] = [];
    const end = (): void => {
      for (const watch of watches.splice(0)) watch[Symbol.dispose]();
    };
    try {
      for (const { app, services } of this.#apps)
        for (const service of services)
          watches.push(watchDirectory(prepareDir(this.#options.root, app, service)));
    } catch (error) {
      end();
      throw error;
    }
    return { [Symbol.dispose]: end };
  }

  /**
   * Takes every lock or none. Makes one try unless `timeout` says how long to wait for the services.
   * LockError: ERR_UPDATES_LOCKED with every lock in the way in `blockers`, or when another operation
   * of this process has the app for longer than `maxWait`; ERR_LOCK_ABORTED by `signal`; or why a
   * directory cannot be locked in. Then nothing is held.
   */
  async lock(request: LockRequest = {}): Promise<HeldUpdateLocks> {
    checkRequest(request);
    const { timeout = 0, signal, maxWait = MAX_WAIT_MS, force = false } = request;
    if (isAborted(signal)) throw abortedBy(signal, []);
    const { stop, clear } = deadline(timeout, signal);
    try {
      for (;;) {
        const turn = await takeTurn(this.#turns, maxWait, signal);
        let got: readonly Lock[] | Blockers | undefined;
        try {
          got = this.#try(request);
          if (!isBlockers(got)) return this.#held(got, request, turn.end);
        } finally {
          if (got === undefined || isBlockers(got)) turn.end();
        }
        if (timeout === 0) throw this.#locked(got);
        this.#blocked(got, request);
        const left = await untilGone(
          got,
          stop,
          (seen) => this.#scene.still(seen, force),
          (seen) => {
            this.#blocked(seen, request);
          },
        );
        if (isAborted(signal)) throw abortedBy(signal, left);
        // Whoever went as the time ran out is in the way no more: one more try.
        if (stop.aborted && left.length > 0) throw this.#locked(left);
        await new Promise(setImmediate); // whatever happens, others get to run between two tries
      }
    } finally {
      clear();
    }
  }

  /** Runs `fn` under the locks and lets go whatever happens; gives fn's result. */
  async withLock<T>(fn: () => T | Promise<T>): Promise<T>;
  async withLock<T>(request: LockRequest, fn: () => T | Promise<T>): Promise<T>;
  async withLock<T>(
    first: LockRequest | (() => T | Promise<T>),
    second?: () => T | Promise<T>,
  ): Promise<T> {
    const [request, fn] = typeof first === 'function' ? [{}, first] : [first, second];
    if (typeof fn !== 'function') throw invalid('fn', 'a function', typeof fn);
    const held = await this.lock(request);
    try {
      return await fn();
    } finally {
      await held.release();
    }
  }

  // One try. The directories are made when one is found missing, so that it costs nothing otherwise.
  #try(request: LockRequest): readonly Lock[] | Blockers {
    checkDirs(this.#options.root, this.#apps);
    try {
      return tryTogether(this.paths, this.#taking(request));
    } catch (error) {
      if (LockError.is(error) && error.code === 'ERR_LOCK_HELD')
        throw new LockError('ERR_UPDATES_LOCKED', error.message, {
          blockers: error.blockers.map((seen) => this.#scene.blocker(seen)),
          cause: error,
        });
      if (!LockError.is(error) || error.code !== 'ERR_LOCK_PATH') throw error;
    }
    this.prepare();
    return tryTogether(this.paths, this.#taking(request));
  }

  #taking({ force = false, reason = 'update' }: LockRequest): Parameters<typeof tryTogether>[1] {
    const { history, lockfileUid = NOBODY } = this.#options;
    return {
      reason,
      role: 'supervisor',
      ...(process.getuid?.() === 0 && { owner: { uid: lockfileUid, gid: lockfileUid } }),
      ...(history && { history }),
      overrule: (seen) => this.#scene.overruled(seen, force) !== undefined,
      onOverruled: (seen) => {
        const why = this.#scene.overruled(seen, force) ?? 'by force';
        const holder = holderText(seen);
        const text = `the lock of ${holder} was replaced: ${why}`;
        this.#tell({ kind: 'overridden', ...this.#scene.place(seen.path), holder, reason, text });
      },
    };
  }

  #held(locks: readonly Lock[], request: LockRequest, endTurn: () => void): HeldUpdateLocks {
    const { reason } = request;
    return new HeldUpdateLocks(locks, this.#taking(request), {
      place: (path) => this.#scene.place(path),
      tell: (event) => {
        this.#tell(event);
      },
      began: () => {
        this.#tellAll('taken', reason);
      },
      ended: () => {
        endTurn();
        this.#tellAll('released', reason);
      },
    });
  }

  #blocked(seen: readonly Inspection[], { onBlocked }: LockRequest): void {
    onBlocked?.(this.#scene.noted(seen));
  }

  #locked(seen: readonly Inspection[]): LockError {
    return updatesLocked(this.#scene.noted(seen), (path) => this.#scene.place(path));
  }

  #tellAll(kind: 'taken' | 'released', reason: string | undefined): void {
    for (const { app, services } of this.#apps) {
      const text = `update locks of ${String(services.length)} services ${kind}`;
      this.#tell({ kind, app: appName(app), ...(reason !== undefined && { reason }), text });
    }
  }

  #tell(event: UpdateLockEvent): void {
    tell(this.#options.onEvent, event);
  }
}
