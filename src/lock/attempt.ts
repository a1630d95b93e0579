// One try, without waiting: create the file born locked; if the name is taken, judge what is there,
// and adopt it if it is provably nobody's.

import { glance, judgeHeld } from '../inspect/glance.js';
import type { Inspection } from '../inspect/types.js';
import { native, NOTHING_TO_JUDGE, type Birth } from '../native.js';
import { failureOn } from './failure.js';
import { Lock } from './lock.js';
import { AHEAD_SECONDS } from './options.js';
import { makeRecord } from './record.js';
import type { AcquireOptions } from './types.js';

const EEXIST = -17;
const EWOULDBLOCK = -11;
const ESTALE = -116;
const EACCES = -13;
const EPERM = -1;

/** What a file taken with these options is to be. */
export function birth(options: AcquireOptions): Birth {
  const { reason = '', mode = 0o644, owner, role } = options;
  return [makeRecord(reason, role), mode, owner?.uid ?? -1, owner?.gid ?? 0, AHEAD_SECONDS];
}

/** True for results that say "somebody is there", not "this cannot be done". */
export function isContention(result: number): boolean {
  return result === EEXIST || result === EWOULDBLOCK;
}

/** A lock, or who is in the way. LockError if the path cannot be locked at all. */
export function attempt(path: string, options: AcquireOptions): Lock | Inspection {
  const how = birth(options);
  const result = native.acquire(path, ...how);
  if (result >= 0) return new Lock(path, result, how[0]);
  if (!isContention(result)) throw failureOn(path, result);
  return takeOver(path, options, how);
}

/** Judges the file at `path` and adopts it, as often as it changes under our eyes. */
export function takeOver(path: string, options: AcquireOptions, how: Birth): Lock | Inspection {
  for (;;) {
    const seen = glance(path, options);
    // Stale by an earlier boot, but no file that could be adopted: only a breaker removes it.
    const other = seen.object !== undefined && seen.object !== 'file';
    if (seen.verdict === 'held' || other) return seen;
    if (seen.verdict === 'free') {
      const result = native.acquire(path, ...how);
      if (result >= 0) return new Lock(path, result, how[0]);
      if (!isContention(result)) throw failureOn(path, result);
      continue;
    }
    const fd = native.adoptOpen(path);
    if (fd === ESTALE || fd === EWOULDBLOCK) continue;
    // Nobody's, but not ours to write either: it blocks us until its owner or a sweeper removes it.
    if (fd === EACCES || fd === EPERM) return notOurs(seen);
    if (fd < 0) throw failureOn(path, fd);
    const adopted = adopt(fd, path, options, how);
    // A lock that only its refusal shows: just taken, or by a process outside this pid namespace.
    if (adopted === 'locked') return refused(seen);
    if (adopted !== 'changed') return adopted;
  }
}

// Locks an open candidate, judges once more under the lock, and makes it ours. Owns `fd`.
function adopt(
  fd: number,
  path: string,
  options: AcquireOptions,
  how: Birth,
): Lock | Inspection | 'changed' | 'locked' {
  const locked = native.adoptLock(fd);
  if (locked < 0) {
    native.drop(fd);
    if (locked === ESTALE) return 'changed';
    if (locked === EWOULDBLOCK) return 'locked';
    throw failureOn(path, locked);
  }
  const packed = fd * 8 + (locked & ~NOTHING_TO_JUDGE);
  if ((locked & NOTHING_TO_JUDGE) === 0) return adoptLocked(packed, path, options, how);
  return commit(packed, path, how);
}

/** Judges a candidate whose kernel locks are ours, and makes it ours if it is nobody's. Owns it. */
export function adoptLocked(
  packed: number,
  path: string,
  options: AcquireOptions,
  how: Birth,
): Lock | Inspection | 'changed' {
  const fd = packed >> 3;
  const holder = judgeOrDrop(fd, path, options);
  if (holder === undefined) return commit(packed, path, how);
  native.drop(fd);
  return holder;
}

function commit(packed: number, path: string, how: Birth): Lock | 'changed' {
  const fd = packed >> 3;
  const done = native.adoptCommit(fd, ...how);
  if (done >= 0) return new Lock(path, packed, how[0]);
  native.drop(fd);
  if (done === ESTALE) return 'changed';
  throw failureOn(path, done);
}

function judgeOrDrop(fd: number, path: string, options: AcquireOptions): Inspection | undefined {
  try {
    return judgeHeld(path, fd, options);
  } catch (error) {
    native.drop(fd); // it is locked by now: kept open, it would block everybody
    throw error;
  }
}

function refused(seen: Inspection): Inspection {
  const text =
    'its kernel lock was refused to us, although none shows: its holder is not visible here';
  const evidence = [...seen.evidence, { kind: 'refused', text }];
  return { ...seen, verdict: 'held', by: 'kernel', evidence };
}

function notOurs(seen: Inspection): Inspection {
  const text = 'this user may not write to it; its owner, root or `lockbridge break` can take it';
  return { ...seen, evidence: [...seen.evidence, { kind: 'permission', text }] };
}
