// Asking before taking: while an update waits for a service, the service's lock directory carries
// `updates.pending`, so that an app in any language can finish early. A lockbridge holder gets it as
// an event (lock.requested).
//
// The directory is the service's to write to, so nothing is opened in it: the file is made where only
// the supervisor writes, and renamed into place. What is there (a link, a FIFO) is replaced by that; a
// directory is in the service's own way, and left.

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
import { join, resolve } from 'node:path';
import { PENDING_NAME, type UpdatesPending } from '../../lock/requested.js';

const MOST_RELEASE = 200; // characters: the whole file is to have at most 512 bytes
let count = 0;

/**
 * Puts `updates.pending` into a service's lock directory, in the place of an earlier one. Times are
 * RFC 3339. Undefined, or why it could not be done: an update goes on without.
 */
export function announcePending(dir: string, pending: UpdatesPending): string | undefined {
  const { release, since, deadline } = pending;
  const shown = cut(release);
  const text = JSON.stringify({
    release: shown,
    since,
    ...(deadline !== undefined && { deadline }),
  });
  const temporary = join(
    resolve(dir, '../../..'), // <root>/tmp/balena-supervisor: the same filesystem, but only ours
    `.pending-${String(process.pid)}-${String(count++)}`,
  );
  try {
    rmSync(temporary, { force: true }); // of a supervisor that died and had our number
    write(temporary, `${text}\n`);
    renameSync(temporary, join(dir, PENDING_NAME));
    return undefined;
  } catch (error) {
    rmSync(temporary, { force: true });
    return `'${dir}' carries no ${PENDING_NAME}: ${String(error)}`;
  }
}

/** Removes it. Undefined, or why it stays; that it is not there is as good. */
export function withdrawPending(dir: string): string | undefined {
  try {
    unlinkSync(join(dir, PENDING_NAME));
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return `'${dir}' still carries ${PENDING_NAME}: ${String(error)}`;
  }
}

// Escaped, a character can take six bytes.
function cut(release: string): string {
  let shown = release.slice(0, MOST_RELEASE);
  while (Buffer.byteLength(JSON.stringify(shown)) > 300) shown = shown.slice(0, -10);
  return shown;
}

function write(path: string, text: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeSync(fd, text);
    fchmodSync(fd, 0o644);
  } finally {
    closeSync(fd);
  }
}
