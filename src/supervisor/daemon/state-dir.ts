// What a daemon keeps in its own directory, and that it is the only one there.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LockError } from '../../errors.js';
import { acquireSync } from '../../lock/acquire.js';
import type { Lock } from '../../lock/lock.js';

/** Where the journal of a daemon with this state lies. */
export function journalDir({ state }: { state: string }): string {
  return join(state, 'journal');
}

/** Makes the directory, if need be, and locks it. ERR_LOCK_HELD if another daemon uses it. */
export function onlyOne(state: string): Lock {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  try {
    return acquireSync(join(state, 'supervisor.lock'), { reason: 'lockbridge supervise' });
  } catch (error) {
    if (!LockError.is(error) || error.code !== 'ERR_LOCK_HELD') throw error;
    throw new LockError('ERR_LOCK_HELD', `another daemon uses this state: ${error.message}`, {
      blockers: error.blockers,
      cause: error,
    });
  }
}
