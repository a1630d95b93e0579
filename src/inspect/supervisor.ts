// Is it a live supervisor's lock? No override touches one: it protects an update half done.
//
// What is claimed: the Helios tag, or the role in a lockbridge record. Both are bytes that anybody
// can write, so they count only with a kernel lock on the file (whoever wrote them and died holds
// nothing), and not from an app: otherwise an app could make its lock proof against every override.
// An app is told by its mounts. Its supervisor gives it the lock directory itself, as /tmp/balena; a
// supervisor has a directory above it mounted, or sees it through the root, in a container too.
//
// Not told: an app that was given no mount of its own (a child process without a mount namespace),
// and a holder that cannot be seen from here. Both pass for a supervisor: to wait is the lesser harm.

import { dirname } from 'node:path';
import { mountsOf, placeOf, type Place } from './mounts.js';
import type { Inspection } from './types.js';

/** Whether what is at the path is the lock of a supervisor that lives. Wants a full inspection. */
export function heldBySupervisor({ path, by, protocol, record, holders }: Inspection): boolean {
  if (by !== 'kernel') return false;
  if (protocol !== 'helios' && record?.role !== 'supervisor') return false;
  const place = placeOf(dirname(path));
  const holding = holders.filter(({ role }) => role === 'holds');
  return place === undefined || !holding.some(({ pid }) => isGiven(pid, place));
}

/** Whether a process has exactly this place mounted, as a service has its lock directory. */
export function isGiven(pid: number, place: Place): boolean {
  return mountsOf(pid).some(({ device, root }) => device === place.device && root === place.path);
}
