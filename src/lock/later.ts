// What has to be done, but not before whoever waits is told: all of it in one immediate, because to
// make one takes as long as a system call or two.

// Not the global one: tests put another in its place, with whose end everything from then on would be
// lost.
import { setImmediate } from 'node:timers';

let work: (() => void)[] = [];
const settled = Promise.resolve(); // queueMicrotask() makes an object for async_hooks first

function doIt(): void {
  const due = work;
  work = [];
  for (const one of due) one();
}

// Not unref(): an idle loop runs such an immediate only when something else wakes it.
function schedule(): void {
  setImmediate(doIt);
}

/** Calls `act` when the event loop turns, in the order of the calls. It must not throw. */
export function later(act: () => void): void {
  // Two microtasks on: of whoever is told by what runs now, the first is about to be in their queue.
  if (work.push(act) === 1) void settled.then(() => settled.then(schedule));
}
