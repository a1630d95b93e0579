// Which errors each call may give, from its man page and from what filesystems and quotas add.
// EINTR is there for the calls that wait: it has to be repeated, never reported.

import { constants } from 'node:os';

const ERRNOS: Readonly<Record<string, string>> = {
  create: 'EACCES EMFILE ENFILE ENOMEM ENOSPC EDQUOT EROFS EIO EINTR ESTALE EPERM EOPNOTSUPP',
  open: 'EACCES EMFILE ENFILE ENOMEM EROFS EIO EINTR ESTALE EPERM',
  stat: 'EACCES EIO ENOMEM ESTALE',
  read: 'EIO EINTR ESTALE',
  write: 'ENOSPC EDQUOT EIO EINTR EFBIG',
  ftruncate: 'EIO EINTR EPERM',
  fchown: 'EPERM EIO EROFS',
  fchmod: 'EPERM EIO EROFS',
  utime: 'EACCES EPERM EROFS',
  flock: 'EAGAIN EINTR EINVAL ENOLCK EIO',
  fcntl: 'EAGAIN EACCES EINTR EINVAL ENOLCK EIO',
  lease: 'EAGAIN EACCES EINTR EINVAL ENOLCK',
  link: 'EACCES EDQUOT EEXIST EIO EMLINK ENOENT ENOMEM ENOSPC EPERM EROFS EXDEV',
  unlink: 'EACCES EBUSY EIO ENOMEM EPERM EROFS',
  rename: 'EACCES EBUSY EDQUOT EIO EINVAL ENOSPC EPERM EROFS',
  statfs: 'EIO EINTR ENOSYS',
  setxattr: 'EDQUOT ENOSPC EOPNOTSUPP EPERM',
  getxattr: 'EOPNOTSUPP ERANGE',
  readlink: 'EACCES EIO EINVAL ENOENT',
  close: 'EIO EINTR',
};

/** What a call is called by the C library, where the rig has another name for it. */
const NAMES: Readonly<Record<string, string>> = {
  create: 'open openat',
  open: 'open openat',
  stat: 'statx lstat',
  read: 'pread',
  write: 'pwrite',
  utime: 'futimens',
  lease: 'fcntl',
  link: 'linkat',
  unlink: 'unlinkat',
  rename: 'renameat renameat2',
};

/** Whether an error that names `syscall` names the call that the rig knows as `call`. */
export function isNameOf(syscall: string, call: string): boolean {
  return (NAMES[call] ?? call).split(' ').includes(syscall);
}

export interface Fault {
  /** The number of the call, and what it is. */
  at: number;
  call: string;
  /** It and the calls next to it: where it is in a walk. */
  around: string;
  name: string;
  error: number;
}

/** More calls than any act makes that does not walk through /proc. */
const WALK = 100;

function surroundings(calls: readonly string[]): string[] {
  return calls.map((_, at) => calls.slice(Math.max(0, at - 2), at + 2).join());
}

/**
 * Every fault of a run. In a walk the same calls come over and over: of those with the same calls
 * around them only the first.
 */
export function faults(calls: readonly string[]): Fault[] {
  const around = surroundings(calls);
  const seen = new Set<string>();
  return calls.flatMap((call, at) => {
    const where = around[at] ?? '';
    if (seen.has(where)) return [];
    if (calls.length > WALK) seen.add(where);
    const names = ERRNOS[call];
    if (names === undefined) throw new Error(`no errors are listed for ${call}`);
    return names.split(' ').map((name) => ({
      at,
      call,
      around: where,
      name,
      error: constants.errno[name as keyof typeof constants.errno],
    }));
  });
}

/** The same fault in a later run, at the first call with the same calls around it, if there is one. */
export function later(fault: Fault, now: readonly string[]): Fault | undefined {
  const at = surroundings(now).indexOf(fault.around);
  return at === -1 ? undefined : { ...fault, at };
}

/** A kill before each call. */
export function kills(calls: readonly string[]): Fault[] {
  return calls.map((call, at) => ({ at, call, around: call, name: 'SIGKILL', error: -1 }));
}
