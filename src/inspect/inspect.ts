// The public look at paths: who holds them, and how that is known.
//
// 1. Look at each path without disturbing anybody (native/probe.h has the order).
// 2. Where nothing proves that nobody has the file open, look through /proc for who has: one pass
//    for all paths, which also finds who holds a lock on a file that lost its name.
// 3. Judge, name the people behind the numbers, and say what can be done.

import { dirname } from 'node:path';
import { emptyPolicy } from '../env.js';
import { LockError } from '../errors.js';
import { checkOptions, checkPath } from '../lock/options.js';
import { DEPTH, KNOWN, native, type RawLook, type RawOpener } from '../native.js';
import { lineagePending, originOf } from '../watch.js';
import { actionsFor, type Seen } from './actions.js';
import {
  answer,
  failureOf,
  freeAnswer,
  isNothing,
  policiesFor,
  withActions,
  type Policies,
} from './answer.js';
import { Directories } from './directories.js';
import { containersOf, nameContainers } from './engine.js';
import { holdersOf } from './holders.js';
import { PidTable } from './liveness.js';
import { whoIsMeant } from './meant.js';
import { Orphans } from './orphans.js';
import { Processes } from './process.js';
import { containersThatReach } from './reach.js';
import { trapsOf } from './traps.js';
import type { Inspection } from './types.js';
import { View } from './unseen.js';
import { judge } from './verdict.js';

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
  return Array.from(inspectEach(paths, options), finished);
}

/**
 * The same one by one, without the ways out, each judged when it is asked for: whoever needs but a line
 * of each of ten thousand keeps nothing else, and that is most of the time that they take.
 */
export function inspectEach(
  paths: readonly string[],
  options: InspectOptions = {},
): Iterable<Seen | LockError> {
  for (const path of paths) checkPath(path);
  checkOptions(options);
  return judgeEach(paths, lookAll(paths, options), options);
}

/** What the looks at the paths mean: searches /proc once for whom they name, and judges. */
export function inspectLooks(
  paths: readonly string[],
  looks: ManyLooks,
  options: InspectOptions = {},
): (Inspection | LockError)[] {
  return Array.from(judgeEach(paths, looks, options), finished);
}

const finished = (seen: Seen | LockError): Inspection | LockError =>
  LockError.is(seen) ? seen : withActions(seen);

/** Looks by the index of their path. */
interface ManyLooks {
  at: (index: number) => RawLook | undefined;
}

function* judgeEach(
  paths: readonly string[],
  looks: ManyLooks,
  options: InspectOptions,
): Generator<Seen | LockError> {
  // Only files that nobody has open need no search, and only of a file can that be known.
  const searched: number[] = [];
  const ids: string[] = [];
  for (let at = 0; at < paths.length; at++) {
    const look = looks.at(at);
    if (look === undefined || look.error < 0 || nobodyHasIt(look)) continue;
    searched.push(at);
    ids.push(look.id);
  }
  const nameless = options.orphans !== false;
  const openers =
    options.search !== false && (nameless || searched.length > 0)
      ? native.openers(ids, nameless)
      : { found: [], hidden: 0 };
  const byPath = new Map<number, RawOpener[]>();
  for (const opener of openers.found) {
    const at = searched[opener.target];
    if (at === undefined) continue;
    const others = byPath.get(at);
    if (others === undefined) byPath.set(at, [opener]);
    else others.push(opener);
  }
  const processes = new Processes();
  const scene: Scene = {
    options: { ...options, empty: options.empty ?? emptyPolicy() ?? 'held' }, // asked once for all
    processes,
    pids: new PidTable(),
    directories: new Directories(),
    view: new View(openers),
    orphans: new Orphans(
      openers.found.filter(({ target }) => target < 0),
      processes,
    ),
  };
  for (const [at, path] of paths.entries())
    yield inspectOne(path, looks.at(at), byPath.get(at) ?? NOBODY, scene);
}

const NOBODY: readonly RawOpener[] = [];

// A file whose maker has it open right now must not be opened: that would end its lineage.
function lookAll(paths: readonly string[], { probe, waiters }: InspectOptions): ManyLooks {
  const depth = probe === true ? DEPTH.probe : waiters === false ? DEPTH.brief : DEPTH.content;
  if (!paths.some(lineagePending)) return native.lookAll(paths, depth);
  return paths.map((path) => native.look(path, lineagePending(path) ? DEPTH.name : depth));
}

// A lease was granted: nobody has the file open.
const nobodyHasIt = (look: RawLook): boolean => look.known === KNOWN.indexOf('lease');

/** What is known of the machine during one inspection. */
interface Scene {
  options: InspectOptions;
  processes: Processes;
  pids: PidTable;
  directories: Directories;
  view: View;
  orphans: Orphans;
}

function inspectOne(
  path: string,
  look: RawLook | undefined,
  found: readonly RawOpener[],
  scene: Scene,
): Seen | LockError {
  const { options, view, processes, pids, directories } = scene;
  const orphans = scene.orphans.of(path);
  if (look === undefined || isNothing(look)) return freeAnswer(path, orphans);
  const failure = failureOf(path, look);
  if (failure !== undefined) return failure;
  const searched = options.search !== false;
  const judged = judge(look, {
    path,
    pids,
    directories,
    origin: originOf(path),
    openers: { found, complete: view.complete && searched },
    ...policiesFor(options, look),
  });
  const kernel = holdersOf(look, found, processes);
  const blind = !nobodyHasIt(look) && !kernel.some(({ role }) => role === 'holds');
  const unseen = blind ? view.sentences(look, found.length, searched) : [];
  return answer(path, look, judged, kernel, { orphans, unseen });
}
