// One try, without waiting: create the file born locked; if the name is taken, judge what is there,
// and adopt it if it is provably nobody's.

import { fromErrno } from '../errors.js';
import { glance, judgeHeld } from '../inspect/glance.js';
import type { Inspection } from '../inspect/types.js';
import { native, type Birth } from '../native.js';
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
  if (!isContention(result)) throw fromErrno(result, 'open', path);
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
      if (!isContention(result)) throw fromErrno(result, 'open', path);
      continue;
    }
    const fd = native.adoptOpen(path);
    if (fd === ESTALE || fd === EWOULDBLOCK) continue;
    // Nobody's, but not ours to write either: it blocks us until its owner or a sweeper removes it.
    if (fd === EACCES || fd === EPERM) return notOurs(seen);
    if (fd < 0) throw fromErrno(fd, 'open', path);
    const adopted = adopt(fd, path, options, how);
    // A lock that only its refusal shows: just taken, or by a process outside this pid namespace.
    if (adopted === 'locked') return refused(seen);
    if (adopted !== 'changed') return adopted;
  }
}

/** Locks an open candidate, judges once more under the lock, and makes it ours. Owns `fd`. */
export function adopt(
  fd: number,
  path: string,
  options: AcquireOptions,
  how: Birth,
): Lock | Inspection | 'changed' | 'locked' {
  const mechanisms = native.adoptLock(fd);
  if (mechanisms < 0) {
    native.drop(fd);
    if (mechanisms === ESTALE) return 'changed';
    if (mechanisms === EWOULDBLOCK) return 'locked';
    throw fromErrno(mechanisms, 'flock', path);
  }
  const judged = judgeHeld(path, fd, options);
  if (judged.verdict === 'held') {
    native.drop(fd);
    return judged;
  }
  const done = native.adoptCommit(fd, ...how);
  if (done < 0) {
    native.drop(fd);
    throw fromErrno(done, 'write', path);
  }
  return new Lock(path, fd * 8 + mechanisms, how[0]);
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
