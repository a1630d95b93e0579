// The public look at paths: who holds them, and how that is known.
//
// 1. Look at each path without disturbing anybody (native/probe.h has the order).
// 2. Where nothing proves that nobody has the file open, look through /proc for who has: one pass
//    for all paths, which also finds who holds a lock on a file that lost its name.
// 3. Judge, name the people behind the numbers, and say what can be done.

import { dirname } from 'node:path';
import { LockError } from '../errors.js';
import { checkOptions, checkPath } from '../lock/options.js';
import { DEPTH, native, type RawLook } from '../native.js';
import { lineagePending } from '../watch.js';
import { actionsFor } from './actions.js';
import { withActions, type Policies, type Sight } from './answer.js';
import { containersOf, nameContainers } from './engine.js';
import { whoIsMeant } from './meant.js';
import { Processes } from './process.js';
import { containersThatReach } from './reach.js';
import { nobodyHasIt, Scene } from './scene.js';
import { trapsOf } from './traps.js';
import type { Inspection } from './types.js';

/** How a path is looked at. */
export interface InspectOptions extends Policies {
  /** Where nothing that only asks can tell, try a flock: it can make a peer's own attempt fail. */
  probe?: boolean;
  /**
   * Whether to look through the descriptors of every process for who has the file open, who shares
   * a lock and who is orphaned; true by default. Reading /proc/PID/fd borrows a descriptor for some
   * microseconds, and a flock that ends by close(2) in just that moment ends as much later (lsof,
   * fuser and lslocks do the same): a program that closes and takes it again at once can be refused.
   * With `false` nobody is disturbed at all, and what only a search can tell is undecidable.
   */
  search?: boolean;
  /**
   * Whether to search for who holds a lock on a file that has lost this name; true by default. With
   * `false` a path with nothing at it needs no search.
   */
  orphans?: boolean;
  /**
   * Whether to name who waits also for a held lock of lockbridge, whose holder its record names; true by
   * default. With `false` /proc/locks is not read for it, and that is 10 to 20 ms for which the kernel
   * lets every lock of the machine wait.
   */
  waiters?: boolean;
}

/** Says what is at `path` without disturbing whoever uses it. LockError if it cannot be reached. */
export function inspectSync(path: string, options: InspectOptions = {}): Inspection {
  const [seen] = inspectAllSync([path], options);
  if (seen === undefined) throw new Error('unreachable: one path, one inspection');
  if (LockError.is(seen)) throw seen;
  return seen;
}

/**
 * {@link inspectSync} and more: the traps of this filesystem, the containers that can have made an
 * existence lock, and the names of containers, asked of their engine where its socket is there (half
 * a second at most). It takes milliseconds and no pool thread.
 */
export async function inspect(path: string, options: InspectOptions = {}): Promise<Inspection> {
  const seen = inspectSync(path, options);
  const nobody = !seen.holders.some(({ role }) => role === 'holds' || role === 'open');
  const reaching = seen.verdict === 'held' && nobody ? containersThatReach(dirname(path)) : [];
  const reach = reaching.map(({ container }) => container);
  const holders = whoIsMeant(seen.holders, reaching, new Processes());
  const whole = { ...seen, holders, ...(reach.length > 0 && { reach }), traps: trapsOf(path) };
  await nameContainers([...containersOf(whole), ...reach]);
  return { ...whole, actions: actionsFor(whole) };
}

/** Many paths with one look at the machine. An entry is a LockError where a path is not reachable. */
export function inspectAllSync(
  paths: readonly string[],
  options: InspectOptions = {},
): (Inspection | LockError)[] {
  return allOf((visit) => {
    inspectEach(paths, options, visit);
  });
}

/** Told what is at the path of this index. */
export type Visit = (index: number, seen: Sight | LockError) => void;

/**
 * The same one by one, each told when it is judged: whoever needs but a line of each of ten thousand
 * keeps nothing else, and that is most of the time that they take. Those that need no search come first,
 * while others are still being looked at; one may come again, and then the last counts.
 */
export function inspectEach(paths: readonly string[], options: InspectOptions, visit: Visit): void {
  for (const path of paths) checkPath(path);
  checkOptions(options);
  judgeEach(paths, options, visit, (look) => {
    lookAtEach(paths, options, look);
  });
}

/** What the looks at the paths mean: searches /proc once for whom they name, and judges. */
export function inspectLooks(
  paths: readonly string[],
  looks: readonly RawLook[],
  options: InspectOptions = {},
): (Inspection | LockError)[] {
  return allOf((visit) => {
    judgeEach(paths, options, visit, (look) => {
      looks.forEach(look);
    });
  });
}

function allOf(each: (visit: Visit) => void): (Inspection | LockError)[] {
  const all: (Inspection | LockError)[] = [];
  each((at, one) => (all[at] = LockError.is(one) ? one : withActions(one.whole())));
  return all;
}

// Only files that somebody may have open need a search, which is made when all are known. Of many the
// others are judged at once; whom the search then finds orphaned there is rare enough to look again.
function judgeEach(
  paths: readonly string[],
  options: InspectOptions,
  visit: Visit,
  lookEach: (visit: VisitLook) => void,
): void {
  const scene = new Scene(options);
  const few = paths.length < MANY;
  const rest: RawLook[] = []; // by the index of their path, with gaps
  const open: RawLook[] = [];
  lookEach((look, at) => {
    const nobody = look.error < 0 || nobodyHasIt(look);
    if (!nobody) open.push(look);
    if (few || !nobody) rest[at] = look;
    else visit(at, scene.judge(paths[at] ?? '', look));
  });
  scene.search(open);
  for (const [index, path] of paths.entries()) {
    const look = rest[index];
    if (look !== undefined) visit(index, scene.judge(path, look));
    else if (scene.orphaned(path))
      visit(index, scene.judge(path, native.look(path, DEPTH.content)));
  }
}

// So many looks are worth judging the first of them before the last is made.
const MANY = 1000;

type VisitLook = (look: RawLook, at: number) => void;

// A path that is named twice is looked at once: two looks at the same time would each see the other's
// descriptor.
function lookAtEach(paths: readonly string[], options: InspectOptions, visit: VisitLook): void {
  const places = new Map<string, number[]>();
  for (const [at, path] of paths.entries()) {
    const before = places.get(path);
    if (before === undefined) places.set(path, [at]);
    else before.push(at);
  }
  if (places.size === paths.length) {
    lookAtEachOnce(paths, options, visit);
    return;
  }
  const each = [...places.values()];
  lookAtEachOnce([...places.keys()], options, (look, at) => {
    for (const place of each[at] ?? []) visit(look, place);
  });
}

// A file whose maker has it open right now must not be opened: that would end its lineage.
function lookAtEachOnce(
  paths: readonly string[],
  { probe, waiters }: InspectOptions,
  visit: VisitLook,
): void {
  const depth = probe === true ? DEPTH.probe : waiters === false ? DEPTH.brief : DEPTH.content;
  if (paths.some(lineagePending))
    for (const [at, path] of paths.entries())
      visit(native.look(path, lineagePending(path) ? DEPTH.name : depth), at);
  else if (paths.length < MANY) native.lookAll(paths, depth).all().forEach(visit);
  else native.lookEach(paths, depth, visit);
}
