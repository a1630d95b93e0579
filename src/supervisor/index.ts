// The entry `lockbridge/supervisor`: update locks for a supervisor that links them, and the daemon.

export { heldBySupervisor } from '../inspect/supervisor.js';
export { HeldUpdateLocks } from './locks/held.js';
export { assertNoHostUpdate, breadcrumbsBelow } from './locks/breadcrumbs.js';
export { recoverLeftovers } from './locks/leftovers.js';
export { announcePending, withdrawPending } from './locks/pending.js';
export {
  dataLock,
  listServices,
  LOCK_NAMES,
  placeOf,
  servicesDir,
  type Place,
} from './locks/places.js';
export type {
  Blocker,
  Exited,
  LockRequest,
  UpdateLockEvent,
  UpdateLockEventKind,
  UpdateLocksOptions,
} from './locks/types.js';
export { UpdateLocks, type AppServices } from './locks/update-locks.js';
export type { Driver, FetchOptions, Instance, StartRequest } from './drivers/types.js';
