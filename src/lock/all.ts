// Many locks as one: all of them or none, in one native call when nobody is in the way.
//
// Paths are taken in sorted order, nothing is held while waiting, and a failure names every blocker.

import { fromErrno } from '../errors.js';
import { inspectSync } from '../inspect/inspect.js';
import type { Inspection } from '../inspect/types.js';
import { native } from '../native.js';
import { gaveUp } from './acquire.js';
import { birth, isContention, takeOver } from './attempt.js';
import { Announcer, contention } from './blocked.js';
import { forget } from './held.js';
import { Lock, outcomeOf } from './lock.js';
import { checkPath, checkWaitOptions } from './options.js';
import type { ReleaseOutcome, WaitOptions } from './types.js';
import { deadline, PathWait } from './wait.js';

/** Several held locks that are let go together. */
export class LockSet implements AsyncDisposable {
  readonly locks: readonly Lock[];

  /** @internal */
  constructor(locks: readonly Lock[]) {
    this.locks = locks;
  }

  /** Releases all in one native call; one outcome per path, in the order of `locks`. Idempotent. */
  releaseSync(): ReleaseOutcome[] {
    return releaseTogether(this.locks);
  }

  async release(): Promise<ReleaseOutcome[]> {
    return Promise.resolve(this.releaseSync());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/**
 * Takes every lock of `paths` or none. Waits as {@link acquire} does; the error lists every blocker
 * in `blockers`. A path given twice is taken once.
 */
export async function acquireAll(
  paths: readonly string[],
  options: WaitOptions = {},
): Promise<LockSet> {
  for (const path of paths) checkPath(path);
  checkWaitOptions(options);
  if (options.signal?.aborted === true) throw gaveUp(options, []);
  const sorted = [...new Set(paths)].sort();
  let got = tryAll(sorted, options);
  if (!isBlockers(got)) return new LockSet(got);
  if (options.timeout === 0) throw contention('ERR_LOCK_HELD', got);
  const { stop, clear } = deadline(options.timeout, options.signal);
  const announcers = new Map(sorted.map((path) => [path, new Announcer(options)]));
  try {
    for (;;) {
      for (const blocker of got) announcers.get(blocker.path)?.announce(blocker);
      await waitForFirst(got, stop, options);
      if (stop.aborted) throw gaveUp(options, got);
      got = tryAll(sorted, options);
      if (!isBlockers(got)) return new LockSet(got);
    }
  } finally {
    clear();
  }
}

type Blockers = readonly [Inspection, ...Inspection[]];
function isBlockers(got: readonly Lock[] | Blockers): got is Blockers {
  return got.length > 0 && !(got[0] instanceof Lock);
}

async function waitForFirst(
  [blocker]: Blockers,
  stop: AbortSignal,
  options: WaitOptions,
): Promise<void> {
  const wait = new PathWait(blocker.path);
  try {
    const now = inspectSync(blocker.path, options); // it may have gone before the watch began
    if (now.verdict === 'held') await wait.change(now, stop, undefined);
  } finally {
    wait.close();
  }
}

// Everything in one native call; what only a dead holder blocks is adopted one by one first.
function tryAll(paths: readonly string[], options: WaitOptions): Lock[] | Blockers {
  const adopted: Lock[] = [];
  let rest = paths;
  try {
    for (;;) {
      const how = birth(options);
      const results = native.acquireAll(rest, ...how);
      if (results.every((result) => result > 0))
        return byPath([
          ...adopted,
          ...rest.map((path, i) => new Lock(path, results[i] ?? 0, how[0])),
        ]);
      const blockers: Inspection[] = [];
      for (const [i, path] of rest.entries()) {
        const result = results[i] ?? 0;
        if (result >= 0) continue;
        if (!isContention(result)) throw fromErrno(result, 'open', path);
        const got = takeOver(path, options, how);
        if (got instanceof Lock) adopted.push(got);
        else blockers.push(got);
      }
      const [first, ...others] = blockers;
      if (first !== undefined) {
        releaseTogether(adopted);
        return [first, ...others];
      }
      const have = new Set(adopted.map((lock) => lock.path));
      rest = paths.filter((path) => !have.has(path));
    }
  } catch (error) {
    releaseTogether(adopted);
    throw error;
  }
}

function byPath(locks: Lock[]): Lock[] {
  return locks.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function releaseTogether(locks: readonly Lock[]): ReleaseOutcome[] {
  const held = locks.filter((lock) => !lock.released);
  for (const lock of held) forget(lock);
  const results = native.releaseAll(held.map((lock) => lock.fd));
  for (const [i, lock] of held.entries()) lock.finished(outcomeOf(results[i] ?? 2));
  return locks.map((lock) => lock.releaseSync());
}
