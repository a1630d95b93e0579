// The end of a process that need not be our child, by event (pidfd). Before Linux 5.3 there is none
// to be had: then, and when descriptors have run out, a slow look every second.

import { native } from '../../../native.js';
import { lives, type ProcessEntry } from './table.js';

const ESRCH = 3;
const SLOW_LOOK_MS = 1000;

/** Calls `gone` once, never before it returns. The function that it gives back ends the watch. */
export function whenGone(pid: number, start: number, gone: () => void): () => void {
  const id = native.watchProcess(pid, start, gone);
  if (id > 0)
    return () => {
      native.unwatchProcess(id);
    };
  if (id === -ESRCH) {
    const soon = setImmediate(gone);
    return () => {
      clearImmediate(soon);
    };
  }
  const timer = setInterval(() => {
    if (lives(pid, start)) return;
    clearInterval(timer);
    gone();
  }, SLOW_LOOK_MS);
  return () => {
    clearInterval(timer);
  };
}

/** Resolves when all of them are gone, or when `signal` aborts. */
export async function allGone(
  processes: readonly ProcessEntry[],
  signal: AbortSignal,
): Promise<void> {
  let left = processes.length;
  if (left === 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const ends = processes.map(({ pid, start }) =>
      whenGone(pid, start, () => {
        if (--left === 0) finish();
      }),
    );
    const finish = (): void => {
      signal.removeEventListener('abort', finish);
      for (const end of ends) end();
      resolve();
    };
    signal.addEventListener('abort', finish);
  });
}
