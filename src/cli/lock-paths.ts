// The locks whose paths begin as a person has typed: asked for at each Tab, so it looks at names and
// /proc/locks only, and gives up early in a large tree.

import { readdirSync, realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { LockError } from '../errors.js';
import { findLocks, isLockName, usualPlaces } from '../inspect/find.js';

const LIMITS = { most: 2000, deepest: 4 };
// Beside the places of update locks: where daemons and programs of serial ports have theirs.
const SYSTEM_PLACES = ['/run/lock', '/var/lock'];

/** Paths of lock files that begin with `typed`; with nothing typed, those of the usual places too. */
export function locksBeginning(typed: string): string[] {
  const found = [...below(typed), ...(typed === '' || typed.startsWith('/') ? inPlaces() : [])];
  return [...new Set(found)].filter((path) => path.startsWith(typed)).sort();
}

function inPlaces(): string[] {
  return [...usualPlaces(), ...SYSTEM_PLACES].flatMap((place) => locksIn(place, `${place}/`));
}

// `dir/na`: what begins with `na` in dir, and the locks below the directories that do.
function below(typed: string): string[] {
  const front = typed.slice(0, typed.lastIndexOf('/') + 1);
  const dir = front === '' ? '.' : front;
  const start = typed.slice(front.length);
  if (start === '') return isRoot(dir) ? [] : locksIn(dir, front);
  return entriesOf(dir).flatMap(({ name, directory }) => {
    if (!name.startsWith(start)) return [];
    if (isLockName(name)) return [`${front}${name}`];
    return directory && !isRoot(dir) ? locksIn(`${dir}/${name}`, `${front}${name}/`) : [];
  });
}

function locksIn(dir: string, shown: string): string[] {
  try {
    return findLocks(dir, LIMITS).paths.map((path) => `${shown}${relative(dir, path)}`);
  } catch (error) {
    if (LockError.is(error)) return []; // nothing there, or not for this user
    throw error;
  }
}

function entriesOf(dir: string): { name: string; directory: boolean }[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .slice(0, LIMITS.most)
      .map((entry) => ({ name: entry.name, directory: entry.isDirectory() }));
  } catch {
    return [];
  }
}

// What is directly below the root are places of their own, /proc and /sys among them.
function isRoot(dir: string): boolean {
  try {
    return realpathSync(dir) === '/';
  } catch {
    return false;
  }
}
