/**
 * The lock, the inspector, the doctor and the observer: `import … from 'lockbridge'`.
 *
 * @module lockbridge
 */

export { allGuaranteed, diagnose, type DiagnoseOptions } from './doctor/diagnose.js';
export type { Finding, Status } from './doctor/types.js';
export {
  EXIT,
  LOCK_ERROR_CODES,
  LockError,
  type LockErrorCode,
  type LockErrorDetails,
} from './errors.js';
export { LockHistory } from './inspect/history.js';
export { inspect, inspectAllSync, inspectSync, type InspectOptions } from './inspect/inspect.js';
export type {
  Action,
  Container,
  Evidence,
  HeldBy,
  Holder,
  Inspection,
  ObjectType,
  ProcessInfo,
  Since,
  Trap,
  Verdict,
} from './inspect/types.js';
export { acquire, acquireSync, tryAcquire, tryAcquireSync, withLock } from './lock/acquire.js';
export { acquireAll, LockSet } from './lock/all.js';
export { breakSync, takeSync, type BreakOptions } from './lock/break.js';
export { Lock } from './lock/lock.js';
export type { UpdatesPending } from './lock/requested.js';
export type { LockRecord } from './lock/record.js';
export type {
  AcquireOptions,
  EmptyPolicy,
  LostReason,
  Mechanisms,
  ReleaseOutcome,
  WaitOptions,
} from './lock/types.js';
export { observe, type Observation } from './observe/observe.js';
export type { LockEvent, LockEventKind, ObserveOptions } from './observe/types.js';
export { watchDirectory, type DirectoryWatch } from './watch.js';
