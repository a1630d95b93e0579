// One try for many paths: all or none, in one native call when nobody is in the way.
//
// 1. Everything in one native call. What only a dead holder blocks is adopted, and then again.
// 2. Somebody is in the way: nothing is kept, and everybody is named; unless the caller overrules
//    every one of them. Then all the rest is taken first, and only when it is held are they replaced,
//    each by its id: nobody's lock is destroyed for an operation that then fails for another reason.

import type { LockHistory } from '../inspect/history.js';
import type { Inspection } from '../inspect/types.js';
import { joinedPaths, native, type Birth } from '../native.js';
import { birth, isContention, takeOver } from './attempt.js';
import { inFull } from './blocked.js';
import { failureOn } from './failure.js';
import { forget } from './held.js';
import { Lock, outcomeOf } from './lock.js';
import { replace } from './replace.js';
import type { AcquireOptions, ReleaseOutcome } from './types.js';

export interface TogetherOptions extends AcquireOptions {
  history?: LockHistory;
  /** Whether this lock is to be replaced. Given, blockers are inspected in full. */
  overrule?: (blocker: Inspection) => boolean;
  /** Told of each lock that was replaced. */
  onOverruled?: (blocker: Inspection) => void;
}

export type Blockers = readonly [Inspection, ...Inspection[]];

/** Whether a try gave who is in the way. */
export function isBlockers(got: readonly Lock[] | Blockers): got is Blockers {
  return got.length > 0 && !(got[0] instanceof Lock);
}

/** All locks, in the order of `paths` (sorted, each once), or everybody in the way. */
export function tryTogether(paths: readonly string[], options: TogetherOptions): Lock[] | Blockers {
  const held = new Map<string, Lock>();
  const doomed = new Map<string, Inspection>();
  const keep = (lock: Lock): void => void held.set(lock.path, lock);
  try {
    for (;;) {
      const untouched = held.size === 0 && doomed.size === 0;
      const rest = untouched ? paths : paths.filter((path) => !held.has(path) && !doomed.has(path));
      if (rest.length === 0 && doomed.size === 0) return inOrder(paths, held);
      if (rest.length === 0) {
        replaceAll(doomed, options, keep);
        continue;
      }
      const how = birth(options);
      const results = native.acquireAll(joinedPaths(rest), ...how);
      if (results.every((result) => result > 0)) {
        const locks = rest.map((path, i) => new Lock(path, results[i] ?? 0, how[0]));
        if (untouched) return locks; // as nearly always
        for (const lock of locks) keep(lock);
        continue;
      }
      const inTheWay = takeOverAll(rest, results, how, options, keep);
      const seen = options.overrule === undefined ? inTheWay : inFull(inTheWay, options);
      if (!seen.every((blocker) => options.overrule?.(blocker) === true)) {
        const [first, ...others] = [...doomed.values(), ...seen];
        releaseTogether([...held.values()]);
        if (first !== undefined) return [first, ...others];
      }
      for (const blocker of seen) doomed.set(blocker.path, blocker);
    }
  } catch (error) {
    releaseTogether([...held.values()]);
    throw error;
  }
}

const inOrder = (paths: readonly string[], held: ReadonlyMap<string, Lock>): Lock[] =>
  paths.flatMap((path) => held.get(path) ?? []);

// Who is in the way, of those that a native call did not get; what only a dead holder blocks is kept.
function takeOverAll(
  paths: readonly string[],
  results: Int32Array,
  how: Birth,
  options: TogetherOptions,
  keep: (lock: Lock) => void,
): Inspection[] {
  const blockers: Inspection[] = [];
  for (const [i, path] of paths.entries()) {
    const result = results[i] ?? 0;
    if (result >= 0) continue;
    if (!isContention(result)) throw failureOn(path, result);
    const got = takeOver(path, options, how);
    if (got instanceof Lock) keep(got);
    else blockers.push(got);
  }
  return blockers;
}

// Directories first: only of them can the removal fail, when they are no lock but a tree.
function replaceAll(
  doomed: Map<string, Inspection>,
  options: TogetherOptions,
  keep: (lock: Lock) => void,
): void {
  const directory = ({ object }: Inspection): number => (object === 'directory' ? 0 : 1);
  for (const blocker of [...doomed.values()].sort((a, b) => directory(a) - directory(b))) {
    const lock = replace(blocker.path, blocker, blocker.id, options);
    doomed.delete(blocker.path);
    if (lock === 'changed') continue; // another one by now, or none: looked at anew
    keep(lock);
    options.onOverruled?.(blocker);
  }
}

/** Releases all that is still held in one native call; one outcome for each, in their order. */
export function releaseTogether(locks: readonly Lock[]): ReleaseOutcome[] {
  const held = locks.filter((lock) => !lock.released);
  for (const lock of held) forget(lock);
  const results = native.releaseAll(Int32Array.from(held, (lock) => lock.fd));
  for (const [i, lock] of held.entries()) lock.finished(outcomeOf(results[i] ?? 2));
  return locks.map((lock) => lock.releaseSync());
}
