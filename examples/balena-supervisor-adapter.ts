// The two modules of balena-supervisor that lock updates, on lockbridge: `lib/lockfile` (first half)
// and `lib/update-lock` (second half). Same names, same errors; nothing is spawned.

import { chmod, lstat, readdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { acquireSync, breakSync, LockError, type Lock as FileLock } from '../src/index.js';
import { listServices, UpdateLocks, type HeldUpdateLocks } from '../src/supervisor/index.js';

// ---- lib/lockfile

/** What `lockfile -r 0` ended with: callers look at code 73. */
export class LockfileExistsError extends Error {
  readonly code = 73;
  readonly stderr: string;
  readonly stdout = '';

  constructor(path: string, cause?: unknown) {
    super(`lockfile: Sorry, giving up on "${path}"`, { cause });
    this.stderr = this.message;
  }

  static is(error: unknown): error is LockfileExistsError {
    return (error as { code?: unknown } | undefined)?.code === 73;
  }
}

const taken = new Map<string, FileLock>();

/** Takes one lock file for `uid`. LockfileExistsError if somebody has it. */
export async function lock(path: string, uid: number = userInfo().uid): Promise<void> {
  if (uid !== 0) await chmod(dirname(path), 0o1777);
  const owner = process.getuid?.() === 0 ? { owner: { uid, gid: uid } } : {};
  try {
    taken.set(path, acquireSync(path, { ...owner, reason: 'balena-supervisor' }));
  } catch (error) {
    if (LockError.is(error) && error.code === 'ERR_LOCK_HELD')
      throw new LockfileExistsError(path, error);
    throw error;
  }
}

/** Removes a lock file or an empty lock directory, whoever's it is; a failure is ignored, as there. */
export async function unlock(path: string): Promise<void> {
  const own = taken.get(path);
  taken.delete(path);
  try {
    if (own === undefined) breakSync(path, { force: true });
    else await own.release();
  } catch (error) {
    if (!LockError.is(error)) throw error;
  }
}

/** Lets go of every lock that this process took below a directory. */
export async function unlockAll(root: string): Promise<void> {
  const below = [...taken.keys()].filter((path) => path.startsWith(`${root}/`));
  await Promise.all(below.map(unlock));
}

export interface LockFile {
  path: string;
  /** The uid that owns it. */
  owner: number;
}

/** Every lock below `root` that `filter` lets through: files and directories, links are not followed. */
export async function findAll({
  root = '/tmp',
  filter = (found: LockFile) => found.path.endsWith('.lock'),
}: { root?: string; filter?: (found: LockFile) => boolean } = {}): Promise<string[]> {
  const locks: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true }).catch(() => [])) {
    const path = join(root, entry.name);
    const owner = (await lstat(path).catch(() => undefined))?.uid;
    if (owner === undefined) continue; // gone meanwhile
    if (filter({ path, owner })) locks.push(path);
    else if (entry.isDirectory()) locks.push(...(await findAll({ root: path, filter })));
  }
  return locks;
}

// ---- lib/update-lock

export const LOCKFILE_UID = 65534;

/** In the supervisor this is the class of `lib/errors`. */
export class UpdatesLockedError extends Error {}

interface LockingOpts {
  force: boolean;
  /** For another operation of this supervisor; 0 waits for ever. */
  maxWaitMs: number;
}

export interface Lock {
  unlock(): Promise<void>;
}

export interface Lockable {
  lock(opts?: Partial<LockingOpts>): Promise<Lock>;
}

/** `constants.rootMountPoint`: where the supervisor's container has the root of the host. */
let rootMountPoint = '/mnt/root';
export function setRoot(root: string): void {
  rootMountPoint = root;
}

async function take(
  locks: UpdateLocks,
  { force = false, maxWaitMs = 0 }: Partial<LockingOpts>,
): Promise<HeldUpdateLocks> {
  try {
    return await locks.lock({ force, maxWait: maxWaitMs === 0 ? Infinity : maxWaitMs });
  } catch (error) {
    if (LockError.is(error) && error.code === 'ERR_UPDATES_LOCKED')
      throw new UpdatesLockedError(error.message, { cause: error });
    throw error;
  }
}

export const Lockable = {
  from(appId: string | number, services: string[]): Lockable {
    const options = { root: rootMountPoint, lockfileUid: LOCKFILE_UID };
    const locks = UpdateLocks.for(appId, services, options);
    return {
      lock: async (opts = {}) => {
        const held = await take(locks, opts);
        return { unlock: () => held.release() };
      },
    };
  },
};

/** Runs `fn` under the locks of every service of the apps that has a lock directory. */
export async function withLock<T>(
  appIds: number | number[],
  fn: () => T | Promise<T>,
  { force = false, maxWaitMs = 10_000 }: Partial<LockingOpts> = {},
): Promise<T> {
  const root = rootMountPoint;
  const apps = [appIds].flat().map((app) => ({ app, services: listServices(root, app) }));
  const locks = UpdateLocks.forApps(apps, { root, lockfileUid: LOCKFILE_UID });
  const held = await take(locks, { force, maxWaitMs });
  try {
    return await fn();
  } finally {
    await held.release();
  }
}
