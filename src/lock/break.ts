// Breaking a lock: what is provably nobody's without asking, a held one only by force. Force
// replaces in one step, so the name never vanishes while somebody else could create it, and the
// former holder, if it is a lockbridge, learns at once.

import { fromErrno, LockError } from '../errors.js';
import { inspectSync } from '../inspect/inspect.js';
import type { Inspection } from '../inspect/types.js';
import { native } from '../native.js';
import { attempt, birth } from './attempt.js';
import { contention, describe } from './blocked.js';
import { Lock } from './lock.js';
import { checkPath } from './options.js';
import type { AcquireOptions } from './types.js';

export interface BreakOptions extends AcquireOptions {
  /** Take it from a live holder too. */
  force?: boolean;
}

/**
 * Takes the lock on `path` from whoever has it and returns it held; release it to leave the path
 * free. Without `force` a held lock is ERR_LOCK_HELD.
 */
export function takeSync(path: string, options: BreakOptions = {}): Lock {
  checkPath(path);
  const got = attempt(path, options);
  if (got instanceof Lock) return got;
  if (options.force !== true) throw contention('ERR_LOCK_HELD', [got]);
  const how = birth(options);
  const result = native.replace(path, ...how);
  if (result >= 0) return new Lock(path, result, how[0]);
  if (result === -11)
    throw new LockError(
      'ERR_LOCK_HELD',
      `not broken: somebody locks its directory: ${describe(got)}`,
      {
        path,
        blockers: [got],
      },
    );
  throw fromErrno(result, 'rename', path);
}

/** {@link takeSync} and let go: the path is free afterwards. Returns what was there. */
export function breakSync(path: string, options: BreakOptions = {}): Inspection {
  const before = inspectSync(path, options);
  if (before.verdict !== 'free')
    takeSync(path, { reason: 'lockbridge break', ...options }).releaseSync();
  return before;
}
