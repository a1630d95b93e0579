// `updates.pending` in a service's lock directory: an update waits; whoever can finish early lets it
// through. For apps in any language: a small JSON file, whole whenever it is there.
//
// The directory is writable for everybody. The file is therefore made beside it, where only we may
// write, and renamed in: rename(2) replaces whatever is at the name and follows nothing.

import {
  closeSync,
  constants,
  fchmodSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { PENDING_NAME } from '../../lock/requested.js';
import type { UpdateRequest } from '../../lock/types.js';
import type { Place } from './places.js';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Puts the file there, or renews it. Undefined, or why it could not be: never a failure. */
export function announcePending({ base, dir }: Place, pending: UpdateRequest): string | undefined {
  const temporary = join(base, `.pending-${String(process.pid)}`);
  const path = join(dir, PENDING_NAME);
  try {
    rmSync(temporary, { force: true });
    const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
    try {
      fchmodSync(fd, 0o644);
      writeSync(fd, `${JSON.stringify(pending)}\n`);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    return undefined;
  } catch (error) {
    rmSync(temporary, { force: true });
    return absent(error) ? undefined : `no ${PENDING_NAME} in '${dir}': ${String(error)}`;
  }
}

/** Removes it. Undefined, or why it could not be. */
export function withdrawPending({ dir }: Place): string | undefined {
  const path = join(dir, PENDING_NAME);
  try {
    unlinkSync(path);
    return undefined;
  } catch (error) {
    return absent(error) ? undefined : `'${path}' cannot be removed: ${String(error)}`;
  }
}

// A service that never ran has no directory: nobody is there to be asked.
function absent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
