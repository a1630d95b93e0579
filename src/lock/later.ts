// What has to be done, but not before whoever waits is told: all of it in one immediate, because to
// make one takes as long as a system call or two.

// Not the global one: tests put another in its place, with whose end everything from then on would be
// lost.
import { setImmediate } from 'node:timers';

let work: (() => void)[] = [];

function doIt(): void {
  const due = work;
  work = [];
  for (const one of due) one();
}

/** Calls `act` when the event loop turns, in the order of the calls. It must not throw. */
export function later(act: () => void): void {
  // Not unref(): an idle loop runs such an immediate only when something else wakes it.
  if (work.push(act) === 1) setImmediate(doIt);
}
