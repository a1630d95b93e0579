// Where update locks are: <root>/tmp/balena-supervisor/services/<app>/<service>/, one directory for
// each service, which the service has as /tmp/balena and /tmp/resin; and two names in each.
//
// Everything above a service's directory belongs to the supervisor and is writable by nobody else, so
// what is found there cannot be swapped for something else afterwards. The directory itself is the
// service's to write to (1777). A name never leads out of the tree.

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
} from 'node:fs';
import { join } from 'node:path';
import { invalid, LockError } from '../../errors.js';
import { readNames } from '../../inspect/directories.js';
import { printable } from '../../printable.js';

/** The lock files in a service's directory: today's name and the one of old applications. */
export const LOCK_NAMES: readonly [string, string] = ['updates.lock', 'resin-updates.lock'];

/** An app and which of its services are to be locked. */
export interface AppServices {
  app: string | number;
  services: readonly string[];
}

/** A lock file and whose it is; a file in a data directory is of no single service. */
export interface LockPlace {
  path: string;
  app?: string;
  service?: string;
}

const WAY: readonly string[] = ['tmp', 'balena-supervisor', 'services'];
const MOST_BYTES = 200; // of the 255 that a name may have: room for suffixes
const MOST_SERVICES = 20_000;
const STICKY = 0o1777;

/** The id of an app as a name. ERR_INVALID_ARGUMENT if it is none. */
export function appName(app: string | number): string {
  if (typeof app !== 'number') return checkName('app', app);
  if (!Number.isSafeInteger(app) || app < 0) throw invalid('app', 'a whole number or a name', app);
  return String(app);
}

/** Refuses what is no plain name of one directory. `what` names it in the message. */
export function checkName(what: string, name: unknown): string {
  const expected = `a name of 1 to ${String(MOST_BYTES)} bytes without "/" and control characters`;
  if (typeof name !== 'string') throw invalid(what, expected, typeof name);
  const bytes = Buffer.byteLength(name);
  const plain = bytes <= MOST_BYTES && printable(name) === name && !name.includes('/');
  if (!plain || name === '' || name === '.' || name === '..') throw invalid(what, expected, name);
  return name;
}

/** The directory of all apps' lock directories. */
export function servicesDir(root: string = '/'): string {
  return join(root, ...WAY);
}

/** The lock directory of a service, to be mounted into it. ERR_INVALID_ARGUMENT for a bad name. */
export function lockDir(root: string | undefined, app: string | number, service: string): string {
  return join(servicesDir(root), appName(app), checkName('service', service));
}

/** Every lock file of some apps, sorted by path; `dataDir`: see UpdateLocksOptions. */
export function lockPlaces(
  apps: readonly AppServices[],
  { root, dataDir }: { root?: string; dataDir?: string },
): LockPlace[] {
  const places = new Map<string, LockPlace>();
  for (const { app, services } of apps)
    for (const service of services)
      for (const name of LOCK_NAMES) {
        const path = join(lockDir(root, app, service), name);
        places.set(path, { path, app: appName(app), service });
      }
  if (dataDir !== undefined) {
    const path = join(dataDir, LOCK_NAMES[1]);
    const [first, ...others] = apps;
    places.set(path, { path, ...(first && others.length === 0 && { app: appName(first.app) }) });
  }
  return [...places.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Makes the lock directory of a service: its parents with mode 0755, itself with 1777, whatever the
 * umask. LockError if something else is in the way or a parent is not the supervisor's own.
 */
export function prepareDir(
  root: string | undefined,
  app: string | number,
  service: string,
): string {
  const path = lockDir(root, app, service);
  let dir = root ?? '/';
  for (const name of [...WAY, appName(app)]) {
    dir = join(dir, name);
    // <root>/tmp is everybody's: being sticky, it lets nobody swap what is ours in it.
    makeDir(dir, 0o755, name !== 'tmp');
  }
  makeDir(path, STICKY, false);
  return path;
}

/** The services that have a lock directory, sorted: real directories only, whatever else lies there. */
export function listServices(root: string | undefined, app: string | number): string[] {
  return realDirs(root, [...WAY, appName(app)]);
}

/** The apps that have a directory, sorted. */
export function listApps(root: string | undefined): string[] {
  return realDirs(root, WAY);
}

const isDir = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function realDirs(root: string | undefined, way: readonly string[]): string[] {
  let dir = root ?? '/';
  for (const name of way) {
    dir = join(dir, name);
    if (!isDir(dir)) return []; // not even for looking is a link followed
  }
  return readNames(dir, MOST_SERVICES)
    .filter((name) => isDir(join(dir, name)))
    .sort();
}

function makeDir(path: string, mode: number, own: boolean): void {
  let made = true;
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, cause);
    made = false;
  }
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (cause) {
    throw unusable(path, cause);
  }
  try {
    const { uid, mode: has } = fstatSync(fd);
    const us = process.getuid?.() ?? 0;
    if (own && !made && (![0, us].includes(uid) || (has & 0o022) !== 0))
      throw unusable(path, 'others than the supervisor may write to it');
    // What was there keeps its mode, but a lock directory is always everybody's to write to.
    if (made || (mode === STICKY && (has & 0o7777) !== STICKY)) fchmodSync(fd, mode);
  } catch (cause) {
    throw LockError.is(cause) ? cause : unusable(path, cause);
  } finally {
    closeSync(fd);
  }
}

const WHY: Readonly<Record<string, string>> = {
  ELOOP: 'it is a symbolic link',
  ENOTDIR: 'it, or what it lies in, is no directory', // O_DIRECTORY wins over O_NOFOLLOW
};

function unusable(path: string, cause: unknown): LockError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = typeof cause === 'string' ? cause : (WHY[code ?? ''] ?? message);
  return new LockError(
    'ERR_LOCK_PATH',
    `cannot use '${path}' for update locks: ${why}; remove it or name another root`,
    { path, cause },
  );
}
