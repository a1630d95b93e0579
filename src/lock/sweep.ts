// Sweeping the residue of our own hand-overs: a file that stayed because somebody had it open must
// not block the existence lockers for good once that somebody (a flock(1), or only a `cat`) is done.

import { basename, dirname } from 'node:path';
import { native } from '../native.js';
import { IN, subscribe, type DirectoryWatch } from '../watch.js';

const FIRST_MS = 1;
const SLOWEST_MS = 5_000;

interface Sweeping {
  delay: number;
  // Our own looks open and close the file too: that many close events are to be passed over.
  ownCloses: number;
  timer?: NodeJS.Timeout;
  watch?: DirectoryWatch | undefined;
}

const sweeping = new Map<string, Sweeping>();

/** Removes the residue at `path` as soon as nobody uses it; gives up when it is no residue. */
export function sweepLater(path: string): void {
  if (sweeping.has(path)) return;
  const entry: Sweeping = { delay: FIRST_MS, ownCloses: 0 };
  sweeping.set(path, entry);
  schedule(path, entry);
}

function schedule(path: string, entry: Sweeping): void {
  entry.timer = setTimeout(attempt, entry.delay, path, entry).unref();
  entry.delay = Math.min(entry.delay * 2, SLOWEST_MS);
}

function attempt(path: string, entry: Sweeping): void {
  clearTimeout(entry.timer);
  if (native.sweep(path) >= 0) {
    entry.watch?.close();
    sweeping.delete(path);
    return;
  }
  if (entry.watch === undefined) entry.watch = watchClose(path, entry);
  else entry.ownCloses++;
  schedule(path, entry);
}

// Closing is when an opener lets go; the timer behind it is for filesystems that lose events.
function watchClose(path: string, entry: Sweeping): DirectoryWatch | undefined {
  const name = basename(path);
  try {
    return subscribe(dirname(path), true, (changed, mask) => {
      if (changed !== name || (mask & IN.CLOSE) === 0) return;
      if (entry.ownCloses > 0) entry.ownCloses--;
      else {
        entry.delay = FIRST_MS;
        clearTimeout(entry.timer);
        schedule(path, entry);
      }
    });
  } catch {
    return undefined;
  }
}

/** One last try for everything that is still to be swept; for the exit of the process. */
export function sweepNow(): void {
  for (const path of sweeping.keys()) native.sweep(path);
}
