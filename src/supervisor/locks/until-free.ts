// Looking whether the locks could be taken, without taking one: whoever has to wait for something else
// before it may use them must not hold them meanwhile, not for a moment.

import { LockError } from '../../errors.js';
import { inspectAllSync } from '../../inspect/inspect.js';
import type { Inspection } from '../../inspect/types.js';
import { deadline } from '../../lock/wait.js';
import { updatesLocked } from './blockers.js';
import { abortedBy, isAborted } from './request.js';
import type { LockableSet } from './take-all.js';
import type { LockRequest } from './types.js';
import { untilGone, whenChanged } from './until-gone.js';

/** The locks in the way now; with `force` those that no force overrides. */
export function blockersNow({ paths, options, scene }: LockableSet, force: boolean): Inspection[] {
  const { history } = options;
  const seen = inspectAllSync(paths, history && { history });
  // What cannot be looked at is no blocker: the one who takes it is told why.
  const there = seen.filter((one): one is Inspection => !LockError.is(one));
  return there.filter((one) => one.verdict !== 'free' && scene.overruled(one, force) === undefined);
}

/** Resolves when nobody is in the way; see {@link UpdateLocks.untilFree} for the errors. */
export async function untilFree(set: LockableSet, request: LockRequest): Promise<void> {
  const { scene } = set;
  const { timeout = 0, signal, force = false, onBlocked } = request;
  if (isAborted(signal)) throw abortedBy(signal, []);
  const locked = (left: readonly Inspection[]): LockError =>
    updatesLocked(scene.noted(left), (path) => scene.place(path));
  let blockers = blockersNow(set, force);
  if (blockers.length === 0) return;
  if (timeout === 0) throw locked(blockers);
  const waiting = deadline(timeout, signal);
  const blocked = whenChanged((seen) => onBlocked?.(scene.noted(seen)));
  try {
    for (; blockers.length > 0; blockers = blockersNow(set, force)) {
      const { stop } = waiting;
      const left = await untilGone(blockers, stop, (seen) => scene.still(seen, force), blocked);
      if (isAborted(signal)) throw abortedBy(signal, left);
      if (stop.aborted && left.length > 0) throw locked(left);
      await new Promise(setImmediate); // others get to run between two looks
    }
  } finally {
    waiting.clear();
  }
}
