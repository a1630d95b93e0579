// Finding the lock files below a directory: by their names, and by the kernel locks on files of any
// name. Follows no symbolic link out of the tree, and opens nothing.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fromErrno } from '../errors.js';
import { DEPTH, native } from '../native.js';

/** Where balena-style supervisors and their apps keep update locks. */
export const USUAL_PLACES: readonly string[] = [
  '/tmp/balena',
  '/tmp/resin',
  '/tmp/balena-supervisor/services',
];

const MOST_ENTRIES = 200_000;
const DEEPEST = 32;

// What lock programs call their files: x.lock (nearly all), x.lck, LCK..ttyS0 (UUCP), x.NFSLock, a
// bare `lock`, and what a killed forcer of ours leaves.
const LOCK_NAME = /(?:\.(?:lock|lck|lockfile|nfslock)|^lock|^lck\.\..+|^\.lockbridge-\d+-\d+)$/i;

/** Whether lock programs give a file such a name. */
export function isLockName(name: string): boolean {
  return LOCK_NAME.test(name);
}

/** What was found below some directories, and what was not looked at. */
export interface Found {
  paths: string[];
  unreadable: string[];
  /** There was more, or it was deeper, than is ever looked at. */
  cut: boolean;
}

/** The directories to look below if none are given: the usual places that exist. */
export function usualPlaces(): string[] {
  return USUAL_PLACES.filter(
    (place) => statSync(place, { throwIfNoEntry: false })?.isDirectory() === true,
  );
}

export interface FindOptions {
  /** Every file, not only locks. */
  all?: boolean;
  /** `dir` itself may be a symbolic link; true by default. */
  follow?: boolean;
  /** How many entries, and how many levels, are looked at. */
  most?: number;
  deepest?: number;
}

/** The lock files below `dir`. LockError if it cannot be listed. */
export function findLocks(dir: string, options: FindOptions = {}): Found {
  const { follow = true, most = MOST_ENTRIES, deepest = DEEPEST } = options;
  const seen = native.walk(dir, follow, most, deepest);
  if (typeof seen === 'number') throw fromErrno(seen, 'open', dir);
  const prefix = join(dir, 'x').slice(0, -1); // what is found below needs no joining of its own
  const inLock = insideLocks();
  const paths: string[] = [];
  const others: string[] = [];
  for (const entry of seen.paths) {
    const directory = entry.endsWith('/');
    const below = directory ? entry.slice(0, -1) : entry;
    const slash = below.lastIndexOf('/');
    if (inLock(below.slice(0, Math.max(slash, 0)))) continue;
    const named = isLockName(below.slice(slash + 1));
    if (named || (options.all === true && !directory)) paths.push(prefix + below);
    else if (!directory) others.push(prefix + below); // only a file's kernel locks count
  }
  const looks = native.lookAll(others, DEPTH.name);
  for (const [at, path] of others.entries()) if (looks.at(at).locked) paths.push(path);
  return {
    paths: paths.sort(),
    unreadable: seen.unreadable.map((path) => join(dir, path)),
    cut: seen.cut,
  };
}

// What is inside a directory that is a lock itself belongs to that lock.
function insideLocks(): (dir: string) => boolean {
  const known = new Map([['', false]]);
  const inside = (dir: string): boolean => {
    let found = known.get(dir);
    if (found !== undefined) return found;
    const slash = dir.lastIndexOf('/');
    found = isLockName(dir.slice(slash + 1)) || inside(dir.slice(0, Math.max(slash, 0)));
    known.set(dir, found);
    return found;
  };
  return inside;
}
