// What a service sees: runs in the entry program, in whose mount namespace the mounts are made.
//
// The lock directory is bound to /tmp/balena and /tmp/resin. A mount needs something to cover, so the
// two empty directories are made in the /tmp that the service sees (the host's, as a rule) and stay
// there: removing a directory takes away every mount on it, in whatever namespace (since Linux 3.18),
// so a driver that tidied up would take the lock directory from the services of another one. An
// overlay or a tmpfs over /tmp would leave nothing, but the service would lose the host's /tmp.
//
// Not protected: the owner of such a directory, or a cleaner of /tmp that runs as root, can remove it
// and with it the mount. Filesystems that the host mounts later do not appear in a service, and one
// that it unmounts stays in use by it.

import { closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoName, LockError } from '../../../errors.js';
import { native } from '../../../native.js';
import type { Mount } from '../../target/types.js';

// Whoever is not in the namespace must not lock there, where no supervisor looks.
const PLACE_MODE = 0o755;
const LOCK_PLACES = ['/tmp/balena', '/tmp/resin'];

function refused(path: string, result: number, syscall: string, why: string): LockError {
  const errno = -result;
  return new LockError('ERR_SERVICE', `${why} (${syscall}: ${errnoName(errno)})`, {
    path,
    errno,
    syscall,
  });
}

// Not mkdirSync's own `recursive`: in a place like /proc, which makes no directories but says ENOENT
// for that, Node 20 tries for ever.
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, PLACE_MODE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT') throw error;
    makeDirectory(dirname(path));
    mkdirSync(path, PLACE_MODE);
  }
}

// Something of the same kind to cover; what is there already may do.
function makeTarget(target: string, directory: boolean): void {
  try {
    makeDirectory(directory ? target : dirname(target));
    if (directory) return;
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    closeSync(openSync(target, flags, 0o644));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const why = `there is nothing at '${target}' to mount on, and it cannot be made: ${message}`;
    throw new LockError('ERR_SERVICE', why, { path: target, cause: error });
  }
}

function open(source: string): number {
  const fd = native.openPlace(source);
  if (fd >= 0) return fd;
  throw refused(source, fd, 'open', `'${source}' cannot be shown to it`);
}

function bind(fd: number, { source, target, readOnly }: Mount): void {
  makeTarget(target, statSync(`/proc/self/fd/${String(fd)}`).isDirectory());
  const done = native.bindMount(fd, target, readOnly);
  if (done < 0)
    throw refused(target, done, 'mount', `'${source}' cannot be mounted on '${target}'`);
}

/**
 * Makes the namespace and what is mounted in it, the lock directory last. Where no namespace is to be
 * had, none is made, which LockError (ERR_SERVICE) says only if there are volumes.
 */
export function makePlace(volumes: readonly Mount[], lockDir: string): void {
  const done = native.privateMounts();
  if (done < 0) {
    const [volume] = volumes;
    if (volume === undefined) return;
    const why = `volume '${volume.target}' needs a mount namespace, which the supervisor may not make; run it as root, or use the container driver`;
    throw refused(volume.target, done, 'unshare', why);
  }
  const locks = LOCK_PLACES.map((target) => ({ source: lockDir, target, readOnly: false }));
  const mounts = [...volumes, ...locks];
  // Sources are the host's: all are opened before the first mount can cover one.
  const fds = mounts.map(({ source }) => open(source));
  mounts.forEach((mount, i) => {
    bind(fds[i] ?? -1, mount);
  });
}
