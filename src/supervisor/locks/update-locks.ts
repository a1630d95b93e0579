// The update locks of an app, or of several: all services or none. What is done to take them is in
// take-all.ts, what is done while they are held in held-update-locks.ts.
//
// Protects what the services lock with any of the protocols that lockbridge sees. Does not protect a
// service that takes no lock, nor from another supervisor that overrides as this one does.

import { invalid } from '../../errors.js';
import { watchDirectory } from '../../watch.js';
import { Scene } from './blockers.js';
import { prepareDirs, waysTo } from './directories.js';
import type { HeldUpdateLocks } from './held-update-locks.js';
import { appName, lockPlaces, servicesDir, type AppServices } from './places.js';
import { checkRequest } from './request.js';
import { NOBODY, takeAll, type LockableSet } from './take-all.js';
import type { Blocker, LockRequest, UpdateLocksOptions } from './types.js';
import { blockersNow, untilFree } from './until-free.js';

/** The update locks of one or several apps: a set that is taken as a whole or not at all. */
export class UpdateLocks {
  /** Every lock file, sorted. */
  readonly paths: readonly string[];
  readonly #set: LockableSet;

  private constructor(apps: readonly AppServices[], options: UpdateLocksOptions) {
    const { exitedServices, lockfileUid = NOBODY } = options;
    if (exitedServices !== undefined && !['held', 'stale'].includes(exitedServices))
      throw invalid('exitedServices', "'held' or 'stale'", exitedServices);
    if (!Number.isInteger(lockfileUid) || lockfileUid < 0)
      throw invalid('lockfileUid', 'a user id', lockfileUid);
    const places = lockPlaces(apps, options);
    this.paths = places.map(({ path }) => path);
    const names = [...new Set(apps.map(({ app }) => appName(app)))].sort();
    this.#set = {
      paths: this.paths,
      apps: apps.map((one) => ({ ...one, services: [...one.services] })),
      options,
      scene: new Scene(places, options),
      ways: waysTo(options.root, apps),
      turns: names.map((app) => ({ key: `${servicesDir(options.root)}/${app}`, app })),
    };
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
    prepareDirs(this.#set.options.root, this.#set.apps);
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
      for (const dir of prepareDirs(this.#set.options.root, this.#set.apps))
        watches.push(watchDirectory(dir));
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
    return takeAll(this.#set, request);
  }

  /** Who would be in the way of `lock` now. Takes nothing. */
  blockers(request: Pick<LockRequest, 'force'> = {}): Blocker[] {
    checkRequest(request);
    const { force = false } = request;
    return blockersNow(this.#set, force).map((seen) => this.#set.scene.blocker(seen));
  }

  /**
   * Waits until `lock` would succeed, and takes nothing, not for a moment: for whoever has to wait for
   * something else as well. One look unless `timeout` says how long. LockError: ERR_UPDATES_LOCKED,
   * ERR_LOCK_ABORTED.
   */
  async untilFree(request: LockRequest = {}): Promise<void> {
    checkRequest(request);
    return untilFree(this.#set, request);
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
}
