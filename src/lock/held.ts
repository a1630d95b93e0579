// Every lock that this process holds: released when it exits, kept young for peers that judge by
// age, watched for loss, and reported when leaked.
//
// A lock that is released before the event loop turns costs none of this: watch, beat and leak
// report are armed in an immediate. Nothing here keeps the process alive.

import { basename, dirname } from 'node:path';
import { onExit } from 'signal-exit';
import { DEPTH, native } from '../native.js';
import { IN, NAME_EVENTS, subscribe, type DirectoryWatch } from '../watch.js';
import { later } from './later.js';
import { AHEAD_SECONDS } from './options.js';
import { sweepNow } from './sweep.js';
import type { LostReason } from './types.js';

/** What this module needs of a lock. */
export interface HeldLock {
  readonly path: string;
  readonly fd: number;
  readonly recordText: string;
  lose(reason: LostReason): void;
}

interface Entry {
  // Weak, so that a lock which nobody can release any more is noticed.
  lock: WeakRef<HeldLock>;
  path: string;
  watch?: DirectoryWatch;
}

const fresh = new Set<HeldLock>();
const armed = new Map<number, Entry>();
let arming = false;
let beat: NodeJS.Timeout | undefined;
let exitHook = false;

const BEAT_MS = 60_000;

const leaks = new FinalizationRegistry<number>((fd) => {
  const entry = armed.get(fd);
  if (entry === undefined) return;
  disarm(fd);
  process.emitWarning(
    `the lock on '${entry.path}' was garbage-collected while held and is released now; call release()`,
    { code: 'LOCKBRIDGE_LEAKED_LOCK' },
  );
  native.release(fd);
});

/** From now on an exit releases what is held, and what a native thread takes for a wait meanwhile. */
export function releaseAtExit(): void {
  if (exitHook) return;
  exitHook = true;
  onExit(releaseEverything, { alwaysLast: true });
}

/** Takes a new lock into care. */
export function remember(lock: HeldLock): void {
  fresh.add(lock);
  releaseAtExit();
  if (arming) return;
  arming = true;
  later(arm);
}

/** The lock is about to be released. */
export function forget(lock: HeldLock): void {
  if (fresh.delete(lock)) return;
  disarm(lock.fd);
  leaks.unregister(lock);
}

function arm(): void {
  arming = false;
  for (const lock of fresh) {
    const entry: Entry = { lock: new WeakRef(lock), path: lock.path };
    armed.set(lock.fd, entry);
    leaks.register(lock, lock.fd, lock);
    watchLoss(entry, lock.fd);
  }
  fresh.clear();
  beat ??= setInterval(renew, BEAT_MS).unref();
}

function watchLoss(entry: Entry, fd: number): void {
  const name = basename(entry.path);
  try {
    entry.watch = subscribe(dirname(entry.path), false, (changed, mask) => {
      if (changed !== name && changed !== '') return;
      if ((mask & NAME_EVENTS) !== 0) checkLoss(entry, fd);
      // filelock up to 3.29 truncates a file before it finds that it is locked.
      else if ((mask & IN.MODIFY) !== 0) restore(entry, fd);
    });
  } catch (cause) {
    process.emitWarning(`the loss of '${entry.path}' will not be noticed: ${String(cause)}`, {
      code: 'LOCKBRIDGE_NO_WATCH',
    });
  }
  // It may have happened before the watch began.
  checkLoss(entry, fd);
  restore(entry, fd);
}

function checkLoss(entry: Entry, fd: number): void {
  if (native.stillNames(fd) !== 0) return;
  const now = native.look(entry.path, DEPTH.name);
  entry.lock.deref()?.lose(now.error < 0 ? 'removed' : 'replaced');
  entry.watch?.close();
}

function restore(entry: Entry, fd: number): void {
  const lock = entry.lock.deref();
  if (lock !== undefined) native.restore(fd, lock.recordText);
}

function renew(): void {
  for (const fd of armed.keys()) native.beat(fd, AHEAD_SECONDS);
}

function disarm(fd: number): void {
  armed.get(fd)?.watch?.close();
  armed.delete(fd);
  if (armed.size === 0) {
    clearInterval(beat);
    beat = undefined;
  }
}

// A normal exit, an uncaught exception and the usual signals. After SIGKILL the files stay, and are
// provably stale for the next taker.
function releaseEverything(): void {
  const fds = [...armed.keys(), ...[...fresh].map((lock) => lock.fd)];
  armed.clear();
  fresh.clear();
  native.endWaits(); // or one of them would take at once what is let go here
  native.releaseAll(Int32Array.from(fds));
  sweepNow();
}
