// Taking one lock: with or without waiting, synchronously or not. Contention is an answer of the
// `try` forms and an error of the others.

import { surelyHeld } from '../inspect/glance.js';
import type { Inspection } from '../inspect/types.js';
import { attempt } from './attempt.js';
import { Announcer, contention, inFullTogether, withHolders } from './blocked.js';
import { releaseAtExit } from './held.js';
import { later } from './later.js';
import { Lock } from './lock.js';
import { checkOptions, checkPath, checkWaitOptions } from './options.js';
import type { AcquireOptions, WaitOptions } from './types.js';
import { deadline, PathWait } from './wait.js';

/** One try. A {@link Lock}, or undefined when it is held. LockError if the path cannot be locked. */
export function tryAcquireSync(path: string, options: AcquireOptions = {}): Lock | undefined {
  checkPath(path);
  checkOptions(options);
  // Who is in the way is not asked for, and to find out costs a hundred times as much.
  if (surelyHeld(path, options)) return undefined;
  const got = attempt(path, options);
  return got instanceof Lock ? got : undefined;
}

/** {@link tryAcquireSync} as a promise. */
export async function tryAcquire(
  path: string,
  options: AcquireOptions = {},
): Promise<Lock | undefined> {
  return Promise.resolve(tryAcquireSync(path, options));
}

/** One try that throws ERR_LOCK_HELD, with the blocker, when it is held. Never waits. */
export function acquireSync(path: string, options: AcquireOptions = {}): Lock {
  checkPath(path);
  checkOptions(options);
  const got = attempt(path, options);
  if (got instanceof Lock) return got;
  throw contention('ERR_LOCK_HELD', withHolders([got], options));
}

/**
 * Takes the lock, waiting for it as long as `timeout` (milliseconds; for ever by default) and
 * `signal` allow. Throws ERR_LOCK_TIMEOUT, ERR_LOCK_ABORTED, or ERR_LOCK_HELD with a timeout of 0 (one
 * try), each with the blocker; nothing stays
 * behind. The lock file's directory is watched while waiting, so a kernel locker that comes and goes
 * meanwhile leaves nothing undecidable.
 */
export function acquire(path: string, options: WaitOptions = {}): Promise<Lock> {
  // One promise, resolved in the moment that the lock is ours: see PathWait. What is thrown here rejects it.
  return new Promise((resolve, reject) => {
    const got = once(path, options);
    if (got instanceof Lock) resolve(got);
    else untilOurs(path, options, got, resolve).then(resolve, reject);
  });
}

function once(path: string, options: WaitOptions): Lock | Inspection {
  checkPath(path);
  checkWaitOptions(options);
  if (options.signal?.aborted === true)
    throw contention('ERR_LOCK_ABORTED', [], options.signal.reason);
  const got = attempt(path, options);
  if (!(got instanceof Lock) && options.timeout === 0)
    throw contention('ERR_LOCK_HELD', withHolders([got], options));
  return got;
}

async function untilOurs(
  path: string,
  options: WaitOptions,
  first: Inspection,
  give: (lock: Lock) => void,
): Promise<Lock> {
  releaseAtExit();
  const { stop, clear } = deadline(options.timeout, options.signal);
  const announcer = new Announcer(options);
  const wait = new PathWait(path, give);
  let blocker = first;
  try {
    for (;;) {
      announcer.announce(blocker);
      const changed = await wait.change(blocker, stop, options);
      if (changed instanceof Lock) return changed;
      if (stop.aborted) throw await gaveUp(options, [blocker]);
      const got = changed ?? attempt(path, options);
      if (got instanceof Lock) return got;
      blocker = got;
    }
  } finally {
    later(() => {
      wait.close();
      clear();
    });
  }
}

/** The error for a wait that `stop` ended: the caller's signal, or the time. */
export async function gaveUp(
  options: WaitOptions,
  blockers: readonly Inspection[],
): Promise<Error> {
  const seen = await inFullTogether(blockers, options);
  return options.signal?.aborted === true
    ? contention('ERR_LOCK_ABORTED', seen, options.signal.reason)
    : contention('ERR_LOCK_TIMEOUT', seen);
}

/** Runs `fn` while holding the lock on `path`; releases it whatever happens; gives fn's result. */
export async function withLock<T>(
  path: string,
  options: WaitOptions,
  fn: (lock: Lock) => T | Promise<T>,
): Promise<T> {
  const lock = await acquire(path, options);
  try {
    return await fn(lock);
  } finally {
    await lock.release();
  }
}
