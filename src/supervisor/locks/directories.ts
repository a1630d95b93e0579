// The lock directories on disk: made, checked and listed.
//
// Everything above a service's directory belongs to the supervisor and is writable by nobody else, so
// what is found there cannot be swapped for something else afterwards, and a service's directory is
// the one that the supervisor made. Only that one is the service's to write to (1777). A symbolic link
// on the way is never followed, not even for looking; where the root lies is the caller's business.

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { LockError } from '../../errors.js';
import { readNames } from '../../inspect/directories.js';
import { joinedPaths, native } from '../../native.js';
import { appName, lockDir, servicesDir, WAY, type AppServices } from './places.js';

const MOST_SERVICES = 20_000;
const STICKY = 0o1777;
const PARENT = 0o755;

// From the root's /tmp, which is everybody's (being sticky, it lets nobody swap what is ours in it),
// down to the app's: the path, and whether it has to be ours alone.
function wayTo(root: string | undefined, names: readonly string[]): [path: string, own: boolean][] {
  let path = root ?? '/';
  return names.map((name, at) => [(path = join(path, name)), at > 0]);
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
  for (const [dir, own] of wayTo(root, [...WAY, appName(app)])) makeDir(dir, PARENT, own);
  makeDir(path, STICKY, false);
  return path;
}

/** The same for every service of some apps. */
export function prepareDirs(root: string | undefined, apps: readonly AppServices[]): string[] {
  return apps.flatMap(({ app, services }) =>
    services.map((service) => prepareDir(root, app, service)),
  );
}

/** The directories on the way to the locks of some apps: the first `own` have to be the supervisor's alone. */
export interface Ways {
  dirs: readonly string[];
  own: number;
  /** The same as the addon takes them. */
  packed: string;
}

/** What {@link checkDirs} looks at, for who asks again and again. */
export function waysTo(root: string | undefined, apps: readonly AppServices[]): Ways {
  const ways = new Map(apps.flatMap(({ app }) => wayTo(root, [...WAY, appName(app)])));
  const above = [...ways].filter(([, own]) => !own).map(([path]) => path);
  const services = apps.flatMap(({ app, services }) => {
    const dir = join(servicesDir(root), appName(app));
    return services.map((service) => `${dir}/${service}`);
  });
  const own = [...ways].filter(([, ours]) => ours).map(([path]) => path);
  const dirs = [...own, ...above, ...services];
  return { dirs, own: own.length, packed: joinedPaths(dirs) };
}

/**
 * Refuses (ERR_LOCK_PATH) what somebody else put in the way to the lock directories of some apps. What
 * is not there yet is nobody's. One native call for all.
 */
export function checkDirs({ dirs, own, packed }: Ways): void {
  for (const [at, seen] of native.modes(packed).entries()) {
    const mode = seen % 0x10000;
    const directory = seen >= 0 && (mode & constants.S_IFMT) === constants.S_IFDIR;
    if (directory && at >= own) continue; // as most are
    const dir = dirs[at] ?? '';
    if (directory) checkOurs(dir, { uid: Math.floor(seen / 0x10000), mode });
    else checkOther(dir, at < own);
  }
}

function checkOther(dir: string, own: boolean): void {
  const found = lstatSync(dir, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory())
    throw unusable(dir, found.isSymbolicLink() ? WHY['ELOOP'] : WHY['ENOTDIR']);
  if (own) checkOurs(dir, found); // made meanwhile
}

function checkOurs(path: string, { uid, mode }: Pick<Stats, 'uid' | 'mode'>): void {
  if ((uid !== 0 && uid !== process.getuid?.()) || (mode & 0o022) !== 0)
    throw unusable(path, 'others than the supervisor may write to it');
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
  const dirs = wayTo(root, way).map(([path]) => path);
  if (!dirs.every(isDir)) return [];
  const dir = join(root ?? '/', ...way);
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
    const found = fstatSync(fd);
    if (own) checkOurs(path, found);
    // What was there keeps its mode, but nobody may have closed a lock directory, nor a crash a parent.
    const has = found.mode & 0o7777;
    const fit = mode === STICKY ? has === STICKY : (has & PARENT) === PARENT;
    if (made || !fit) fchmodSync(fd, mode);
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

// `cause`: an error of the system, or what is wrong with what is there.
function unusable(path: string, cause: unknown): LockError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const wrong = typeof cause === 'string' ? cause : WHY[code];
  let why = `${message}; name another root`; // a full disk, no permission: nothing to be removed
  if (wrong !== undefined) why = `${wrong}; remove it or name another root`;
  if (code === 'ENOENT') why = `there is no '${dirname(path)}'; make it or name another root`;
  return new LockError('ERR_LOCK_PATH', `cannot use '${path}' for update locks: ${why}`, {
    path,
    cause,
  });
}

/** Makes the directory of all apps, for whoever watches it before there is any; its path. */
export function makeServicesDir(root: string | undefined): string {
  const way = wayTo(root, WAY);
  for (const [dir, own] of way) makeDir(dir, PARENT, own);
  return servicesDir(root);
}
