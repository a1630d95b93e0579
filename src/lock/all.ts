// Many locks as one: all of them or none, in one native call when nobody is in the way.
//
// Paths are taken in sorted order, nothing is held while waiting, and a failure names every blocker.

import { gaveUp } from './acquire.js';
import { Announcer, contention, withHolders } from './blocked.js';
import type { Lock } from './lock.js';
import { checkPath, checkWaitOptions } from './options.js';
import { isBlockers, releaseTogether, tryTogether } from './together.js';
import type { ReleaseOutcome, WaitOptions } from './types.js';
import { deadline, PathWait } from './wait.js';

/** Several held locks that are let go together. */
export class LockSet implements AsyncDisposable {
  /** In the order of their paths, each once. */
  readonly locks: readonly Lock[];

  /** @internal */
  constructor(locks: readonly Lock[]) {
    this.locks = locks;
  }

  /** Releases all in one native call; one outcome per path, in the order of `locks`. Idempotent. */
  releaseSync(): ReleaseOutcome[] {
    return releaseTogether(this.locks);
  }

  /** {@link releaseSync} as a promise. */
  async release(): Promise<ReleaseOutcome[]> {
    return Promise.resolve(this.releaseSync());
  }

  /** Releases. */
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
  if (options.signal?.aborted === true) throw await gaveUp(options, []);
  const sorted = [...new Set(paths)].sort();
  let got = tryTogether(sorted, options);
  if (!isBlockers(got)) return new LockSet(got);
  if (options.timeout === 0) throw contention('ERR_LOCK_HELD', withHolders(got, options));
  const { stop, clear } = deadline(options.timeout, options.signal);
  const announcers = new Map(sorted.map((path) => [path, new Announcer(options)]));
  // Kept from round to round: the same one is often in the way again, and its watch misses nothing.
  let wait: { path: string; on: PathWait } | undefined;
  try {
    for (;;) {
      for (const blocker of got) announcers.get(blocker.path)?.announce(blocker);
      const [first] = got;
      if (wait?.path !== first.path) {
        wait?.on.close();
        wait = { path: first.path, on: new PathWait(first.path) };
      }
      await wait.on.change(first, stop, undefined);
      if (stop.aborted) throw await gaveUp(options, got);
      got = tryTogether(sorted, options);
      if (!isBlockers(got)) return new LockSet(got);
    }
  } finally {
    wait?.on.close();
    clear();
  }
}
