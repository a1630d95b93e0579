// Putting a fresh lock of ours in the place of what is at a path, in one step. Whether that may be
// done is decided by the caller.

import { fromErrno, LockError } from '../errors.js';
import type { Inspection } from '../inspect/types.js';
import { native } from '../native.js';
import { birth } from './attempt.js';
import { describe } from './blocked.js';
import { Lock } from './lock.js';
import type { AcquireOptions } from './types.js';

const EWOULDBLOCK = -11;
const ESTALE = -116;

/**
 * Our lock over what `seen` describes. With `id` it replaces that very object or nothing: `changed`.
 * LockError if the path cannot be taken, ERR_LOCK_HELD if somebody locks its directory.
 */
export function replace(
  path: string,
  seen: Inspection,
  id: string | undefined,
  options: AcquireOptions,
): Lock | 'changed' {
  const how = birth(options);
  const result = native.replace(path, ...how, id ?? '');
  if (result >= 0) return new Lock(path, result, how[0]);
  if (result === ESTALE) return 'changed';
  if (result === EWOULDBLOCK)
    throw new LockError(
      'ERR_LOCK_HELD',
      `not broken: somebody locks its directory: ${describe(seen)}`,
      { path, blockers: [seen] },
    );
  throw fromErrno(result, 'rename', path);
}
