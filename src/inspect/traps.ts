// What this filesystem and host do with locks that a person would not expect. Only reads: a few
// system calls, nothing is created. (O_TMPFILE is tried, and leaves nothing behind.)
//
// A trap is known beforehand; what only trying shows is in src/doctor/.

import { accessSync, constants, lstatSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { native } from '../native.js';
import { behaviourOf } from './filesystems.js';
import { mountOf } from './mounts.js';
import { sysctl, SYSCTLS } from './sysctl.js';
import type { Trap } from './types.js';

const EOPNOTSUPP = -95;
// "There is no such thing here", as against "not for you": the kernel before 3.11 says EISDIR.
const NOT_HERE: readonly number[] = [EOPNOTSUPP, -21, -22, -38];

/** What it costs where a release cannot ask by a lease who has the file open. */
export const LEASES_COST =
  'whether somebody has a lock file open is read from /proc alone: a waiter that does not show there is left on a removed file';

/** What it costs where a lock cannot be finished before it has its name. */
export const NAMELESS_COST =
  'a lock has its name a moment before it is locked and complete: a kernel locker may take it first, and a kill in that moment leaves an empty file of unknown origin';

export function filesystemTrap(dir: string): Trap | undefined {
  const { name, text, cost, remedy } = behaviourOf(statfsSync(dir).type, mountOf(dir));
  if (text === undefined || cost === undefined) return undefined;
  return { id: 'filesystem', text: `${name}: ${text}`, cost, ...(remedy && { remedy }) };
}

export function readOnlyTrap(dir: string): Trap | undefined {
  try {
    accessSync(dir, constants.W_OK);
  } catch (error) {
    // access(2) names a read-only mount to root too, before any question of permission.
    if ((error as NodeJS.ErrnoException).code === 'EROFS')
      return {
        id: 'read-only',
        text: 'the directory is mounted read-only',
        cost: 'no lock can be made here; what is here already can only be looked at',
        remedy: 'mount it writable, or choose another directory',
      };
  }
  return undefined;
}

/**
 * With fs.protected_regular, opening an existing file with O_CREAT in a sticky directory that
 * others may write to is EACCES unless the file is the opener's or the directory owner's (proc(5)).
 * `fileOwner`: of the lock in question, if there is one.
 */
export function stickyTrap(dir: string, sysctls: string, fileOwner?: number): Trap | undefined {
  const { mode, uid } = statSync(dir);
  const level = sysctl('fs/protected_regular', sysctls) ?? 0;
  const open = (mode & 0o002) !== 0 || (level >= 2 && (mode & 0o020) !== 0);
  if ((mode & 0o1000) === 0 || !open || level === 0 || fileOwner === uid) return undefined;
  return {
    id: 'sticky',
    text: `the directory is sticky and fs.protected_regular is ${String(level)}`,
    cost: `who opens another's lock file with O_CREAT, as flock(1) and \`>\` do, gets EACCES instead of "locked", root too, unless the file belongs to uid ${String(uid)}, the directory's owner`,
    remedy: "have the directory's owner make the locks, or use a directory without the sticky bit",
  };
}

export function leasesTrap(sysctls: string): Trap | undefined {
  if (sysctl('fs/leases-enable', sysctls) !== 0) return undefined;
  return {
    id: 'leases',
    text: 'leases are switched off (fs.leases-enable is 0)',
    cost: LEASES_COST,
    remedy: 'sysctl fs.leases-enable=1',
  };
}

export function namelessTrap(dir: string): Trap | undefined {
  const fd = native.openNameless(dir, 0o600);
  if (fd >= 0) native.close(fd);
  if (!NOT_HERE.includes(fd)) return undefined;
  return {
    id: 'nameless',
    text: 'this filesystem has no files without a name (O_TMPFILE)',
    cost: NAMELESS_COST,
  };
}

export interface TrapOptions {
  /** Where kernel settings are read from. */
  sysctls?: string;
}

/** The traps for a lock at `path`; none if its directory cannot be looked at. */
export function trapsOf(path: string, { sysctls = SYSCTLS }: TrapOptions = {}): Trap[] {
  const dir = dirname(path);
  try {
    const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
    return [
      filesystemTrap(dir),
      readOnlyTrap(dir),
      stickyTrap(dir, sysctls, owner),
      leasesTrap(sysctls),
      namelessTrap(dir),
    ].filter((trap) => trap !== undefined);
  } catch {
    return []; // no such directory, or not for us: there is no lock to explain
  }
}
