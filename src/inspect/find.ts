// Finding the lock files below a directory: by their names, and by the kernel locks on files of any
// name. Follows no symbolic link out of the tree, and opens nothing.

import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
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
  const paths: string[] = [];
  const others: string[] = [];
  for (const entry of seen.paths) {
    const directory = entry.endsWith('/');
    const path = join(dir, directory ? entry.slice(0, -1) : entry);
    // What is inside a directory that is a lock itself belongs to that lock.
    const inLock = entry
      .split('/')
      .slice(0, directory ? -2 : -1)
      .some(isLockName);
    if (inLock) continue;
    if (isLockName(basename(path)) || (options.all === true && !directory)) paths.push(path);
    else others.push(path);
  }
  const looks = native.lookAll(others, DEPTH.name);
  paths.push(...others.filter((_, at) => looks[at]?.locked === true));
  return {
    paths: paths.sort(),
    unreadable: seen.unreadable.map((path) => join(dir, path)),
    cut: seen.cut,
  };
}
