// Waiting until one of several locks may have changed hands: on events, and without taking any.

import type { Inspection } from '../../inspect/types.js';
import { PathWait } from '../../lock/wait.js';

// Each wait for a kernel lock takes a thread. Whoever is behind these is looked at when they are gone.
const MOST_WAITED_FOR = 32;

/** Resolves when one of `blockers` may have changed, or `stop` fires. */
export async function untilChanged(
  blockers: readonly Inspection[],
  stop: AbortSignal,
): Promise<void> {
  const first = new AbortController();
  const either = AbortSignal.any([first.signal, stop]);
  const waits = blockers.slice(0, MOST_WAITED_FOR).map((blocker) => ({
    blocker,
    wait: new PathWait(blocker.path),
  }));
  const changes = waits.map(async ({ blocker, wait }) => wait.change(blocker, either, undefined));
  try {
    await Promise.race(changes);
  } finally {
    first.abort();
    await Promise.all(changes);
    for (const { wait } of waits) wait.close();
  }
}
