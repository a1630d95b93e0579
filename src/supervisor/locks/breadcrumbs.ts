// While the host's own update waits for its health check, it leaves breadcrumbs: a reboot now would
// roll it back. (balena-supervisor #1723: reboots wait for them unless forced.)

import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { LockError } from '../../errors.js';

const STATE = 'mnt/state';
const NAMES: readonly string[] = ['rollback-health-breadcrumb', 'rollback-altboot-breadcrumb'];

/** The breadcrumbs that are there. */
export function breadcrumbsBelow(root: string): string[] {
  return NAMES.map((name) => join(root, STATE, name)).filter(
    (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined,
  );
}

/** ERR_UPDATES_LOCKED while the host's update is not over. */
export function assertNoHostUpdate(root: string): void {
  const found = breadcrumbsBelow(root);
  if (found.length === 0) return;
  const details = `${found.join(', ')} ${found.length === 1 ? 'is' : 'are'} there`;
  throw new LockError('ERR_UPDATES_LOCKED', `Waiting for Host OS update to finish: ${details}`, {
    ...(found[0] !== undefined && { path: found[0] }),
  });
}
