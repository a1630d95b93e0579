// Waiting until nobody is in the way any more, on events. Nothing is held meanwhile.

import { setMaxListeners } from 'node:events';
import type { Inspection } from '../../inspect/types.js';
import { stateOf } from '../../lock/blocked.js';
import { PathWait } from '../../lock/wait.js';

// A kernel lock is waited for on a thread of its own. What happens to the others is seen when one of
// these changes.
const MOST_WATCHED = 32;

const statesOf = (blockers: readonly Inspection[]): string => blockers.map(stateOf).join();

/**
 * Resolves when `still` finds none of `first` in the way, or `stop` fires; with those that are left.
 * `changed` is called whenever who is in the way changes.
 */
export async function untilGone(
  first: readonly Inspection[],
  stop: AbortSignal,
  still: (blockers: readonly Inspection[]) => Inspection[],
  changed: (blockers: readonly Inspection[]) => void,
): Promise<readonly Inspection[]> {
  const waits = new Map<string, PathWait>();
  let blockers = first;
  try {
    for (;;) {
      for (const { path } of blockers.slice(0, MOST_WATCHED))
        if (!waits.has(path)) waits.set(path, new PathWait(path));
      const now = still(blockers); // after the watch began: what happened before it is not lost
      const same = statesOf(now) === statesOf(blockers);
      blockers = now;
      if (now.length === 0 || stop.aborted) return now;
      if (!same) changed(now);
      await oneChange(now, waits, stop);
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
