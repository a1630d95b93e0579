// What a supervisor that died has left is removed when the next one starts; an app's lock never is.
//
// Recognised: our own lock files without a kernel lock (we always hold one) and what a killed override
// left under a temporary name; those of Helios by their tag, likewise without one; those of balena's
// supervisor, which holds nothing but the file, by owner and shape. The last are only a likeness: an
// app that runs as `nobody` and locks with procmail's lockfile makes the same. So they are left where
// a process of that user lives that has the directory mounted.

import { basename } from 'node:path';
import { LockError } from '../../errors.js';
import { findLocks } from '../../inspect/find.js';
import { inspectAllSync } from '../../inspect/inspect.js';
import { readProc, visiblePids } from '../../inspect/procfs.js';
import { hasMounted } from '../../inspect/supervisor.js';
import type { Inspection } from '../../inspect/types.js';
import { describe } from '../../lock/blocked.js';
import { breakSync } from '../../lock/break.js';
import { makeServicesDir } from './places.js';
import type { UpdateLockEvent, UpdateLocksOptions } from './types.js';

const TEMPORARY = /^\.lockbridge-\d+-\d+$/;

/** Removes them below the services directory, by the id that was seen; what became of each. */
export function recoverLeftovers(options: UpdateLocksOptions): UpdateLockEvent[] {
  const { lockfileUid = 65534, history } = options;
  const { paths } = findLocks(makeServicesDir(options));
  const events: UpdateLockEvent[] = [];
  for (const seen of inspectAllSync(paths, history && { history })) {
    if (LockError.is(seen)) continue;
    const whose = leftBy(seen);
    if (whose === undefined) continue;
    const about = { path: seen.path, ...seen.service };
    if (whose === 'balena-supervisor' && appMayHaveMadeIt(seen.path, lockfileUid)) {
      const text = `left alone: ${describe(seen)}; a service that runs as uid ${String(lockfileUid)} may have made it`;
      events.push({ kind: 'unclear', ...about, text });
    } else events.push({ ...about, ...remove(seen, whose) });
  }
  return events;
}

/** Which supervisor left this; undefined if none did, or that is not certain. */
export function leftBy(seen: Inspection): string | undefined {
  const { path, verdict, by, protocol, certainty, record } = seen;
  if (TEMPORARY.test(basename(path))) return by === 'kernel' ? undefined : 'lockbridge';
  if (verdict === 'residue' && protocol === 'lockbridge') return 'lockbridge';
  if (verdict === 'stale' && protocol === 'helios') return 'helios';
  if (verdict === 'stale' && protocol === 'lockbridge' && record?.role === 'supervisor')
    return 'lockbridge';
  if (protocol === 'balena-supervisor' && certainty === 'sure' && by !== 'kernel')
    return 'balena-supervisor';
  return undefined;
}

function appMayHaveMadeIt(path: string, uid: number): boolean {
  const dir = path.slice(0, path.lastIndexOf('/'));
  return visiblePids().some((pid) => {
    const [, , effective] =
      /^Uid:\t(\d+)\t(\d+)/m.exec(readProc(`/proc/${String(pid)}/status`)) ?? [];
    return Number(effective) === uid && hasMounted(pid, dir);
  });
}

function remove(seen: Inspection, whose: string): Pick<UpdateLockEvent, 'kind' | 'text'> {
  const what = `what a supervisor that died had left (${whose})`;
  try {
    breakSync(seen.path, { force: true, ...(seen.id !== undefined && { id: seen.id }) });
    return { kind: 'recovered', text: `removed ${what}` };
  } catch (error) {
    if (!LockError.is(error)) throw error;
    return { kind: 'unclear', text: `${what} could not be removed: ${error.message}` };
  }
}
