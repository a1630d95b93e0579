/**
 * Update locks for a supervisor of one's own: `import … from 'lockbridge/supervisor'`.
 *
 * @module lockbridge/supervisor
 */

export type { UpdatesPending } from '../lock/requested.js';
export { checkHostUpdate, hostUpdateBlockers } from './locks/breadcrumbs.js';
export { HeldUpdateLocks } from './locks/held-update-locks.js';
export { recoverLeftovers, type LeftoverOptions } from './locks/leftovers.js';
export { announcePending, withdrawPending } from './locks/pending.js';
export { listApps, listServices, prepareDir } from './locks/directories.js';
export { lockDir, servicesDir, type AppServices } from './locks/places.js';
export type {
  Blocker,
  Exited,
  LockRequest,
  UpdateLockEvent,
  UpdateLockEventKind,
  UpdateLocksOptions,
} from './locks/types.js';
export { UpdateLocks } from './locks/update-locks.js';
