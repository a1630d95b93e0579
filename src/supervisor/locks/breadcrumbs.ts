// The host's own update: while the services that may roll it back have not finished, the host keeps
// files in its state partition, and a reboot would leave it half-way.

import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { LockError } from '../../errors.js';

const BREADCRUMBS: readonly string[] = [
  'rollback-health-breadcrumb',
  'rollback-altboot-breadcrumb',
];

/** The breadcrumbs of an unfinished host update, as paths below `<root>/mnt/state`. */
export function hostUpdateBlockers(root: string = '/'): string[] {
  return BREADCRUMBS.map((name) => join(root, 'mnt', 'state', name)).filter(
    (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined,
  );
}

/** ERR_UPDATES_LOCKED while a host update is unfinished, in the words that balena's clients know. */
export function checkHostUpdate(root?: string): void {
  const [path] = hostUpdateBlockers(root);
  if (path !== undefined)
    throw new LockError('ERR_UPDATES_LOCKED', 'Waiting for Host OS update to finish', { path });
}
