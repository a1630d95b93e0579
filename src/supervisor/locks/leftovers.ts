// What supervisors that died have left in the lock directories; for the start of a supervisor, before
// it locks anything. An app's lock is never removed.
//
// Removed, each as the very file that was judged and never its successor:
// - residue, which is nobody's
// - a lockbridge lock that is provably stale and was a supervisor's: by its role, or by its owner
// - a Helios lock that is provably stale, and Helios' temporary files that nobody has locked
// - a lock of balena's supervisor: procmail's lockfile as uid 65534. That is a convention and no
//   proof, so not while a process of that user is about that was given the directory.
// Not told: an app that runs as uid 65534, locks with procmail's lockfile and is dead, or is out of
// our sight. Its lock is taken for a supervisor's, as balena's own does.

import { join } from 'node:path';
import { LockError } from '../../errors.js';
import { readNames } from '../../inspect/directories.js';
import type { LockHistory } from '../../inspect/history.js';
import { inspectLooks } from '../../inspect/inspect.js';
import { placeOf } from '../../inspect/mounts.js';
import { readProc, visiblePids } from '../../inspect/procfs.js';
import { isGiven } from '../../inspect/supervisor.js';
import type { Inspection } from '../../inspect/types.js';
import { breakSync } from '../../lock/break.js';
import { DEPTH, native, type RawLook } from '../../native.js';
import { holderText } from './blockers.js';
import { listApps, listServices } from './directories.js';
import { tell } from './events.js';
import { lockDir, LOCK_NAMES, type LockPlace } from './places.js';
import type { UpdateLockEvent, UpdateLocksOptions } from './types.js';

const NOBODY = 65534;
const MOST_NAMES = 10_000;
const HELIOS_TEMPORARY = /^tmp-[0-9A-Za-z]{32}\.lock$/;
// What a killed forcer of ours leaves.
const OUR_TEMPORARY = /^\.lockbridge-\d+-\d+$/;

/** Where leftovers are looked for, and who is told; as for `UpdateLocks`. */
export type LeftoverOptions = Pick<
  UpdateLocksOptions,
  'root' | 'lockfileUid' | 'dataDir' | 'history' | 'onEvent'
>;

/** What is to become of a file: removed, reported, or left alone. */
type Judged = { remove: string; force?: true } | { unclear: string } | undefined;

/**
 * Looks at every lock file below the services directory of `root` (and the one in `dataDir`), removes
 * what a dead supervisor left, and puts the rest on record in `history`. Says what it did (`recovered`)
 * and what it did not dare to (`unclear`); throws only where the history cannot be written.
 */
export function recoverLeftovers(options: LeftoverOptions = {}): UpdateLockEvent[] {
  const events: UpdateLockEvent[] = [];
  const kept: Inspection[] = [];
  for (const place of leftoverPlaces(options)) {
    const look = native.look(place.path, DEPTH.content);
    if (look.error < 0) continue;
    const [seen] = inspectLooks([place.path], [look], policies(options));
    if (seen === undefined || LockError.is(seen)) continue;
    const event = settle(place, seen, judge(place, seen, look, options), options);
    if (event?.kind !== 'recovered') kept.push(seen);
    if (event !== undefined) events.push(event);
  }
  options.history?.note(kept);
  options.history?.save();
  for (const event of events) tell(options.onEvent, event);
  return events;
}

// Whatever the operator thinks of empty files: an app's is not to be removed by a policy.
function policies({ history }: LeftoverOptions): { empty: 'held'; history?: LockHistory } {
  return { empty: 'held', ...(history && { history }) };
}

function leftoverPlaces({ root, dataDir }: LeftoverOptions): LockPlace[] {
  const places: LockPlace[] = [];
  for (const app of listApps(root))
    for (const service of listServices(root, app)) {
      const dir = dirOf(root, app, service);
      if (dir === undefined) continue;
      const names = readNames(dir, MOST_NAMES).filter(
        (name) => HELIOS_TEMPORARY.test(name) || OUR_TEMPORARY.test(name),
      );
      // By name, too: a service can fill its directory with more files than are ever read.
      for (const name of [...LOCK_NAMES, ...names].sort())
        places.push({ path: join(dir, name), app, service });
    }
  if (dataDir !== undefined) places.push({ path: join(dataDir, LOCK_NAMES[1]) });
  return places;
}

// A name that no supervisor of ours gives is nobody's lock directory.
function dirOf(root: string | undefined, app: string, service: string): string | undefined {
  try {
    return lockDir(root, app, service);
  } catch {
    return undefined;
  }
}

function judge(
  place: LockPlace,
  seen: Inspection,
  look: RawLook,
  options: LeftoverOptions,
): Judged {
  const { verdict, by, protocol, certainty, record } = seen;
  const name = place.path.slice(place.path.lastIndexOf('/') + 1);
  if (by === 'kernel') return undefined;
  if (HELIOS_TEMPORARY.test(name)) return judgeTemporary(seen, look);
  if (verdict === 'residue') return { remove: 'nobody’s: residue' };
  if (verdict === 'stale') {
    if (protocol === 'helios') return { remove: 'left by a Helios that is gone' };
    if (protocol === 'balena-supervisor' && certainty === 'sure')
      return { remove: 'left by a balena supervisor, under an earlier boot' };
    if (protocol !== 'lockbridge') return undefined;
    const owned = look.uid === (options.lockfileUid ?? NOBODY);
    if (record?.role !== 'supervisor' && !owned && !OUR_TEMPORARY.test(name)) return undefined;
    return { remove: 'left by a lockbridge supervisor that is gone' };
  }
  // Undecidable: somebody out of sight may hold a kernel lock on it.
  if (protocol !== 'balena-supervisor' || by !== 'existence') return undefined;
  const doubt = certainty === 'sure' ? doubtAbout(place) : 'its shape is not that of procmail';
  if (doubt !== undefined) return { unclear: `it may be a balena supervisor’s, but ${doubt}` };
  return { remove: 'left by a balena supervisor (uid 65534, procmail’s lockfile)', force: true };
}

// Helios makes it, tags it, locks it and links it to the name. Killed in between, it leaves this.
function judgeTemporary({ verdict, evidence }: Inspection, look: RawLook): Judged {
  const file = (look.mode & 0o177777) === 0o100600;
  const unlocked = verdict === 'stale' || evidence.some(({ kind }) => kind === 'empty');
  return file && unlocked ? { remove: 'a temporary file of a Helios that is gone' } : undefined;
}

function doubtAbout({ path }: LockPlace): string | undefined {
  if (!/^\s*0\s+0\s+4294967295\s*$/.test(readProc('/proc/self/uid_map')))
    return 'in this user namespace uid 65534 is also every owner that is not mapped';
  const place = placeOf(path.slice(0, path.lastIndexOf('/')));
  if (place === undefined) return 'where it lies cannot be told';
  const tenant = visiblePids().find((pid) => runsAsNobody(pid) && isGiven(pid, place));
  if (tenant === undefined) return undefined;
  return `pid ${String(tenant)} runs as uid 65534 and was given this directory: it may be the app’s`;
}

function runsAsNobody(pid: number): boolean {
  const uids = /^Uid:\t(.*)$/m.exec(readProc(`/proc/${String(pid)}/status`))?.[1];
  return uids?.split('\t').includes(String(NOBODY)) === true;
}

function settle(
  place: LockPlace,
  seen: Inspection,
  judged: Judged,
  options: LeftoverOptions,
): UpdateLockEvent | undefined {
  if (judged === undefined) return undefined;
  const { path, id = '' } = seen;
  const event = (kind: 'recovered' | 'unclear', text: string): UpdateLockEvent => ({
    kind,
    ...place,
    holder: holderText(seen),
    text: `'${path}': ${text}`,
  });
  if ('unclear' in judged) return event('unclear', judged.unclear);
  try {
    const force = judged.force === true || seen.verdict === 'held';
    breakSync(path, { id, force, reason: 'recovery', ...policies(options) });
    return event('recovered', judged.remove);
  } catch (error) {
    if (!LockError.is(error)) throw error;
    return event('unclear', `${judged.remove}, but it was not removed: ${error.message}`);
  }
}
