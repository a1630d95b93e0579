// Watching directories by inotify: one descriptor for the process, any number of listeners.
// A holder watches for the loss of its lock, a waiter for a change, a supervisor for lineages.

import { constants } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { fromErrno, LockError, type LockErrorCode } from './errors.js';
import { native, ORIGIN, type WatchFlags } from './native.js';

/** inotify(7) event bits that listeners look at. */
export const IN = {
  MODIFY: 0x2,
  CLOSE: 0x18,
  CLOSE_WRITE: 0x8,
  OPEN: 0x20,
  MOVED_FROM: 0x40,
  MOVED_TO: 0x80,
  CREATE: 0x100,
  DELETE: 0x200,
  DELETE_SELF: 0x400,
  MOVE_SELF: 0x800,
  UNMOUNT: 0x2000,
  OVERFLOW: 0x4000,
  IGNORED: 0x8000,
  ISDIR: 0x40000000,
} as const;

/** Whatever may change what a name in the directory stands for, lost events included. */
export const NAME_EVENTS: number =
  IN.CREATE |
  IN.DELETE |
  IN.MOVED_FROM |
  IN.MOVED_TO |
  IN.DELETE_SELF |
  IN.MOVE_SELF |
  IN.UNMOUNT |
  IN.IGNORED |
  IN.OVERFLOW;

/** `name` is '' for events of the directory itself and when events were lost (OVERFLOW). */
export type Listener = (name: string, mask: number) => void;

/** A directory under watch. `close()` is idempotent. */
export interface DirectoryWatch extends Disposable {
  /** As it was asked for. */
  readonly dir: string;
  /** @internal The kernel's watch descriptor. */
  readonly wd: number;
  /** Ends it. Idempotent. */
  close(): void;
}

/** What a subscription wants beyond the changes of names. */
export interface Interest {
  /** Opens too; without it a reader of a busy directory wakes nobody. */
  opens?: boolean;
  /** False: the directory must not be a symbolic link. */
  follow?: boolean;
}

const listeners = new Map<number, Map<Listener, Interest>>();
const lineages = new Map<string, number>(); // directory -> wd, where opens are followed too

function dispatch(wd: number, mask: number, name: string): void {
  const sets = wd === -1 ? [...listeners.values()] : [listeners.get(wd)];
  for (const set of sets)
    for (const [listener, { opens }] of set ?? [])
      if ((mask & IN.OPEN) === 0 || opens === true) listener(name, mask);
}

const SPENT: Readonly<Record<number, string>> = {
  [constants.errno.ENOSPC]: 'fs.inotify.max_user_watches',
  [constants.errno.EMFILE]: 'fs.inotify.max_user_instances',
};

// inotify(7) reuses two error numbers that mean something else everywhere else, and what is missing
// here is the directory itself.
function unwatchable(result: number, path: string): LockError {
  const details = { path, syscall: 'inotify_add_watch', errno: -result };
  const limit = SPENT[-result];
  const say = (code: LockErrorCode, why: string): LockError =>
    new LockError(code, `cannot watch '${path}': ${why}`, details);
  if (limit !== undefined)
    return say('ERR_LOCK_SYSTEM', `this user's inotify limit is used up; raise sysctl ${limit}`);
  if (-result === constants.errno.ENOENT || -result === constants.errno.ENOTDIR)
    return say('ERR_LOCK_PATH', 'there is no such directory; create it first');
  return fromErrno(result, 'inotify_add_watch', path);
}

/** Calls `listener` for every event in `dir` until closed; LockError if it cannot be watched. */
export function subscribe(
  dir: string,
  lineage: boolean,
  listener: Listener,
  interest: Interest = {},
): DirectoryWatch {
  const path = resolve(dir);
  const flags: WatchFlags = [lineage, interest.opens === true, interest.follow !== false];
  const wd = native.watch(path, dispatch, ...flags);
  if (wd < 0) throw unwatchable(wd, path);
  const set = listeners.get(wd) ?? new Map<Listener, Interest>();
  listeners.set(wd, set);
  // One object per subscription: the same function may be given twice.
  const own: Listener = (name, mask) => {
    listener(name, mask);
  };
  set.set(own, interest);
  if (lineage) lineages.set(path, wd);
  const close = (): void => {
    if (!set.delete(own)) return;
    if (set.size === 0) {
      listeners.delete(wd);
      if (lineages.get(path) === wd) lineages.delete(path);
    }
    native.unwatch(wd, ...flags);
  };
  return { dir: path, wd, close, [Symbol.dispose]: close };
}

/**
 * Keeps the lineage of every file in `dir` from now on, so that a file which a kernel locker made
 * and left is known as residue instead of being undecidable. Start it before the services that lock
 * there; `inspect` and `acquire` in this process use it by themselves. Keeps no process alive.
 */
export function watchDirectory(dir: string): DirectoryWatch {
  return subscribe(dir, true, () => undefined);
}

/** What the watches of this process know about the file that `path` names now. */
export function originOf(path: string): { id: string; origin: number } | undefined {
  if (lineages.size === 0) return undefined; // as in nearly every process that looks
  const absolute = resolve(path);
  const wd = lineages.get(dirname(absolute));
  const known = wd === undefined ? undefined : native.lineage(wd, basename(absolute));
  return known === undefined ? undefined : { id: known[0], origin: known[1] };
}

/** Whether this process keeps lineages of the files in the path's directory. */
export function lineageKept(path: string): boolean {
  return lineages.size > 0 && lineages.has(dirname(resolve(path)));
}

/** True while the file's creator has it open and the proof is not complete: an open would end the lineage. */
export function lineagePending(path: string): boolean {
  const origin = originOf(path)?.origin;
  return origin === ORIGIN.created || origin === ORIGIN.open || origin === ORIGIN.locked;
}
