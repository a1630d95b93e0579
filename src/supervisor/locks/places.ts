// Where update locks are: <root>/tmp/balena-supervisor/services/<app>/<service>/, one directory for
// each service, which the service has as /tmp/balena and /tmp/resin; and two names in each. Only names:
// whatever is given as app or service, no path made of it leads out of the tree.

import { join } from 'node:path';
import { invalid } from '../../errors.js';
import { printable } from '../../printable.js';

/** The lock files in a service's directory: today's name and the one of old applications. */
export const LOCK_NAMES: readonly [string, string] = ['updates.lock', 'resin-updates.lock'];

/**
 * An app and which of its services are to be locked. What is said here of `exitedServices` and
 * `dataDir` counts for this app, and more than the options that count for all.
 */
export interface AppServices {
  /** Its id, as in the path of its lock directories. */
  app: string | number;
  /** Names of the services whose locks are to be taken. */
  services: readonly string[];
  /** As in `UpdateLocksOptions`, for this app. */
  exitedServices?: 'held' | 'stale';
  /** As in `UpdateLocksOptions`, for this app. */
  dataDir?: string;
}

/** A lock file and whose it is; a file in a data directory is of no single service. */
export interface LockPlace {
  path: string;
  app?: string;
  service?: string;
}

/** How the locks of an app are taken. */
export interface Policed extends LockPlace {
  exitedServices?: 'held' | 'stale';
}

/** The way from the root to the directory of all apps. */
export const WAY: readonly string[] = ['tmp', 'balena-supervisor', 'services'];

const MOST_BYTES = 200; // of the 255 that a name may have: room for suffixes

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
  {
    root,
    dataDir,
    exitedServices,
  }: Pick<AppServices, 'dataDir' | 'exitedServices'> & { root?: string },
): Policed[] {
  const places = new Map<string, Policed>();
  const add = (place: Policed): void => void places.set(place.path, place);
  for (const one of apps) {
    const app = appName(one.app);
    const policy = one.exitedServices ?? exitedServices;
    for (const service of one.services)
      for (const name of LOCK_NAMES)
        add({
          path: join(lockDir(root, app, service), name),
          app,
          service,
          ...(policy !== undefined && { exitedServices: policy }),
        });
    if (one.dataDir !== undefined) add({ path: join(one.dataDir, LOCK_NAMES[1]), app });
  }
  if (dataDir !== undefined) {
    const path = join(dataDir, LOCK_NAMES[1]);
    const [first, ...others] = apps;
    add({ path, ...(first && others.length === 0 && { app: appName(first.app) }) });
  }
  return [...places.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
