// Waiting until nobody is in the way any more, on events. Nothing is held meanwhile.

import { setMaxListeners } from 'node:events';
import type { Inspection } from '../../inspect/types.js';
import { stateOf } from '../../lock/blocked.js';
import { PathWait } from '../../lock/wait.js';

// A kernel lock is waited for on a thread of its own. What happens to the others is seen when one of
// these changes.
const MOST_WATCHED = 32;

/** Calls `tell` with each new state of affairs once. */
export function whenChanged(
  tell: (blockers: readonly Inspection[]) => void,
): (blockers: readonly Inspection[]) => void {
  let last: string | undefined;
  return (blockers) => {
    const state = blockers.map(stateOf).join();
    if (state !== last) tell(blockers);
    last = state;
  };
}

/**
 * Resolves when `still` finds none of `first` in the way, or `stop` fires; with those that are left.
 * `blocked` is called with who is in the way, at first and after each look that follows.
 */
export async function untilGone(
  first: readonly Inspection[],
  stop: AbortSignal,
  still: (blockers: readonly Inspection[]) => Inspection[],
  blocked: (blockers: readonly Inspection[]) => void,
): Promise<readonly Inspection[]> {
  const waits = new Map<string, PathWait>();
  let blockers = first;
  blocked(first);
  try {
    for (;;) {
      for (const { path } of blockers.slice(0, MOST_WATCHED))
        if (!waits.has(path)) waits.set(path, new PathWait(path));
      blockers = still(blockers); // after the watch began: what happened before it is not lost
      if (blockers.length === 0 || stop.aborted) return blockers;
      blocked(blockers);
      await oneChange(blockers, waits, stop);
    }
  } finally {
    for (const wait of waits.values()) wait.close();
  }
}

async function oneChange(
  blockers: readonly Inspection[],
  waits: ReadonlyMap<string, PathWait>,
  stop: AbortSignal,
): Promise<void> {
  const enough = new AbortController();
  const either = AbortSignal.any([stop, enough.signal]);
  setMaxListeners(0, either);
  const changes = blockers.flatMap((blocker) => {
    const wait = waits.get(blocker.path);
    return wait === undefined ? [] : [wait.change(blocker, either, undefined)];
  });
  try {
    await Promise.race(changes);
  } finally {
    enough.abort();
    await Promise.allSettled(changes);
  }
}
