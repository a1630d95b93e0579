// What a failed native call says to a user: which call it was, on which path, and why.

import { fromErrno, type LockError } from '../errors.js';
import { native } from '../native.js';

/** The LockError for the `-errno` that the last native call, one on `path`, has returned. */
export function failureOn(path: string, result: number): LockError {
  return fromErrno(result, native.failedCall(), path);
}
