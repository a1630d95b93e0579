// What is asked of update locks, checked, and the error for an operation that was called off.

import { invalid, LockError } from '../../errors.js';
import type { Inspection } from '../../inspect/types.js';
import { checkWaitOptions } from '../../lock/options.js';
import type { LockRequest } from './types.js';

/** Refuses what is no usable request. */
export function checkRequest(request: LockRequest): void {
  const { force, maxWait, timeout, signal, reason, onBlocked } = request;
  if (force !== undefined && typeof force !== 'boolean') throw invalid('force', 'a boolean', force);
  if (maxWait !== undefined && !(typeof maxWait === 'number' && maxWait >= 0))
    throw invalid('maxWait', 'milliseconds, 0 or more', maxWait);
  if (onBlocked !== undefined && typeof onBlocked !== 'function')
    throw invalid('onBlocked', 'a function', typeof onBlocked);
  checkWaitOptions({
    ...(timeout !== undefined && { timeout }),
    ...(signal !== undefined && { signal }),
    ...(reason !== undefined && { reason }),
  });
}

/** Whether it has fired by now. */
export function isAborted(signal: AbortSignal | undefined): signal is AbortSignal {
  return signal?.aborted === true;
}

/** ERR_LOCK_ABORTED, with who was in the way then. */
export function abortedBy(signal: AbortSignal, blockers: readonly Inspection[]): LockError {
  return new LockError('ERR_LOCK_ABORTED', 'the wait for update locks was aborted', {
    blockers,
    cause: signal.reason,
  });
}
