// Is this a live supervisor's own lock? No override touches one: two supervisors that replace each
// other's locks would both believe that they may stop the service.
//
// A tag or a record is anybody's claim. It counts only with a kernel lock on the file, and only if no
// process that holds it has this very directory mounted, as a service has its /tmp/balena: else an
// app could make itself immune. (A supervisor sees the directory as part of a larger mount.)

import { dirname } from 'node:path';
import { mountsOf, placeOf } from './mounts.js';
import type { Inspection } from './types.js';

/** Whether a live supervisor holds it, lockbridge's or Helios. */
export function heldBySupervisor(seen: Inspection): boolean {
  if (seen.verdict !== 'held' || seen.by !== 'kernel') return false;
  if (seen.protocol !== 'helios' && seen.record?.role !== 'supervisor') return false;
  const dir = dirname(seen.path);
  return !seen.holders.some(({ role, pid }) => role === 'holds' && hasMounted(pid, dir));
}

/** Whether the process has this very directory as a mount of its own: a service of that directory. */
export function hasMounted(pid: number, dir: string): boolean {
  const place = placeOf(dir);
  if (place === undefined) return false;
  return mountsOf(pid).some(({ device, root }) => device === place.device && root === place.path);
}
