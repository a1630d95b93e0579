// The public look at paths: who holds them, and how that is known.
//
// 1. Look at each path without disturbing anybody (native/probe.h has the order).
// 2. Where nothing proves that nobody has the file open, look through /proc for who has: one pass
//    for all paths, which also finds who holds a lock on a file that lost its name.
// 3. Judge, name the people behind the numbers, and say what can be done.

import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { emptyPolicy } from '../env.js';
import { fromErrno, LockError } from '../errors.js';
import { checkOptions, checkPath } from '../lock/options.js';
import type { EmptyPolicy } from '../lock/types.js';
import { DEPTH, KNOWN, native, type RawLook, type RawOpener } from '../native.js';
import { lineagePending, originOf } from '../watch.js';
import { actionsFor } from './actions.js';
import { containersOf, nameContainers } from './engine.js';
import type { LockHistory } from './history.js';
import { Directories } from './directories.js';
import { holdersOf } from './holders.js';
import { PidTable } from './liveness.js';
import { Orphans } from './orphans.js';
import { Processes } from './process.js';
import { whoIsMeant } from './meant.js';
import { containersThatReach } from './reach.js';
import { serviceOf } from './service.js';
import { sinceOf } from './since.js';
import { trapsOf } from './traps.js';
import type { Holder, Inspection } from './types.js';
import { View } from './unseen.js';
import { judge, type Judgement } from './verdict.js';

export interface InspectOptions {
  /** `free`: only kernel lockers live here. Default: LOCKBRIDGE_EMPTY, else `held`. */
  empty?: EmptyPolicy;
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
  /** What was on record under earlier boots. */
  history?: LockHistory;
}

const ENOENT = -2;
// Out of descriptors or memory is our failure, not a fact about the lock.
const OWN_FAILURES: readonly number[] = [-24, -23, -12];

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
  for (const path of paths) checkPath(path);
  checkOptions(options);
  return inspectLooks(
    paths,
    lookAll(paths, options.probe === true ? DEPTH.probe : DEPTH.content),
    options,
  );
}

/** What looks at the paths mean: searches /proc once for whom they name, and judges. */
export function inspectLooks(
  paths: readonly string[],
  looks: readonly RawLook[],
  options: InspectOptions = {},
): (Inspection | LockError)[] {
  // Only files that nobody has open need no search, and only of a file can that be known.
  const searched = looks.flatMap((look, at) => (look.error >= 0 && !nobodyHasIt(look) ? [at] : []));
  const searching = options.search !== false;
  const openers = searching
    ? native.openers(
        searched.map((at) => looks[at]?.id ?? ''),
        true,
      )
    : { found: [], hidden: 0 };
  const byPath = new Map<number, RawOpener[]>();
  for (const opener of openers.found) {
    const at = searched[opener.target];
    if (at !== undefined) byPath.set(at, [...(byPath.get(at) ?? []), opener]);
  }
  const processes = new Processes();
  const scene: Scene = {
    options,
    processes,
    pids: new PidTable(),
    directories: new Directories(),
    view: new View(openers),
    orphans: new Orphans(
      openers.found.filter(({ target }) => target < 0),
      processes,
    ),
  };
  return paths.map((path, at) => inspectOne(path, looks[at], byPath.get(at) ?? [], scene));
}

// A file whose maker has it open right now must not be opened: that would end its lineage.
function lookAll(paths: readonly string[], depth: number): RawLook[] {
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
  found: RawOpener[],
  scene: Scene,
): Inspection | LockError {
  const error = look?.error ?? ENOENT;
  if (look === undefined || error === ENOENT) return free(path, scene.orphans);
  if (error < 0) return fromErrno(error, 'lstat', path);
  if (OWN_FAILURES.includes(look.openError)) return fromErrno(look.openError, 'open', path);
  const { options, view, processes, pids, directories } = scene;
  const judged = judge(look, {
    path,
    pids,
    directories,
    empty: emptyOf(options),
    origin: originOf(path),
    openers: { found, complete: view.complete && options.search !== false },
    earlierBoot: options.history?.earlierBoot(look.id, look.ctime),
  });
  const holders = [...holdersOf(look, found, processes), ...judged.named];
  const shown = holders.some(({ role }) => role === 'holds');
  const blind = !nobodyHasIt(look) && !shown;
  return complete(path, look, judged, holders, {
    orphans: scene.orphans.of(dirname(path), path),
    unseen: blind ? view.sentences(look, options.search !== false) : [],
  });
}

function complete(
  path: string,
  look: RawLook,
  { named, ...judged }: Judgement,
  holders: Holder[],
  around: Pick<Inspection, 'orphans' | 'unseen'>,
): Inspection {
  const service = serviceOf(path);
  const seen = {
    path,
    ...judged,
    id: look.id,
    holders,
    since: sinceOf(look, judged, holders),
    changed: look.ctime,
    ...(service && { service }),
    ...around,
  };
  return { ...seen, actions: actionsFor(seen) };
}

function emptyOf(options: InspectOptions): EmptyPolicy {
  return options.empty ?? emptyPolicy() ?? 'held';
}

function free(path: string, orphans: Orphans): Inspection | LockError {
  const parent = dirname(path);
  if (lstatSync(parent, { throwIfNoEntry: false }) === undefined)
    return fromErrno(ENOENT, 'lstat', path);
  const seen = {
    path,
    verdict: 'free' as const,
    holders: [],
    orphans: orphans.of(parent, path),
    evidence: [{ kind: 'nothing', text: 'nothing is at the path' }],
    unseen: [],
  };
  return { ...seen, actions: actionsFor(seen) };
}

/**
 * A taker's look: without a search through /proc, because its own flock will decide, and with no
 * more of the holders than their numbers and commands. LockError if the path cannot be reached.
 */
export function glance(path: string, options: InspectOptions): Inspection {
  const look = native.look(path, lineagePending(path) ? DEPTH.name : DEPTH.content);
  return brief(path, look, options, false);
}

/** Judges once more a file that we hold the kernel locks of. */
export function judgeHeld(path: string, fd: number, options: InspectOptions): Inspection {
  return brief(path, native.lookHeld(fd), options, true);
}

function brief(
  path: string,
  look: RawLook,
  options: InspectOptions,
  underLock: boolean,
): Inspection {
  const pids = new PidTable();
  const directories = new Directories();
  const processes = new Processes(true);
  if (look.error === ENOENT) {
    const seen = free(path, new Orphans([], processes));
    if (LockError.is(seen)) throw seen;
    return seen;
  }
  if (look.error < 0) throw fromErrno(look.error, 'lstat', path);
  if (OWN_FAILURES.includes(look.openError)) throw fromErrno(look.openError, 'open', path);
  const judged = judge(look, {
    path,
    pids,
    directories,
    empty: emptyOf(options),
    origin: originOf(path),
    earlierBoot: options.history?.earlierBoot(look.id, look.ctime),
    underLock,
  });
  const holders = [...holdersOf(look, [], processes), ...judged.named];
  return complete(path, look, judged, holders, { orphans: [], unseen: [] });
}
