// Where the update locks of services lie:
//   <root>/tmp/balena-supervisor/services/<app>/<service>/{updates.lock,resin-updates.lock}
// The last directory is mounted into its service as /tmp/balena and /tmp/resin, so it is writable for
// everybody and sticky (1777) and its content is a stranger's; what is above it is ours alone. A name
// never leads out of the tree, and nothing on the way may be a symbolic link.

import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { invalid, LockError } from '../../errors.js';

/** The names of a service's two lock files; a supervisor takes both. */
export const LOCK_NAMES: readonly string[] = ['resin-updates.lock', 'updates.lock'];

const LONGEST_NAME = 200; // bytes: drivers make longer names of it, and 255 is the end
const WRITABLE_BY_ALL = 0o1777;

/** The lock directory of one service. */
export interface Place {
  app: string;
  service: string;
  dir: string;
  /** Beside the services directory, on the same filesystem, and ours alone. */
  base: string;
  paths: readonly string[];
}

interface Rooted {
  root?: string;
}

/** Refuses a name that is no single, printable component of a path. */
export function checkName(what: string, name: unknown): asserts name is string {
  if (typeof name !== 'string') throw invalid(what, 'a string', typeof name);
  const unusable =
    name === '' ||
    name.startsWith('.') ||
    /[/\p{C}]/u.test(name) ||
    Buffer.byteLength(name) > LONGEST_NAME;
  if (unusable)
    throw invalid(
      what,
      `the name of a directory: 1 to ${String(LONGEST_NAME)} bytes, not starting with a dot, without slashes and control characters`,
      name,
    );
}

function baseOf({ root = '/' }: Rooted): string {
  return join(root, 'tmp/balena-supervisor');
}

/** The directory that holds a directory for every app. */
export function servicesDir(options: Rooted): string {
  return join(baseOf(options), 'services');
}

/** Where a service's locks lie; nothing is made. LockError for a name that is none. */
export function placeOf(app: string | number, service: string, options: Rooted): Place {
  const id = String(app);
  checkName('app', id);
  checkName('service', service);
  const dir = join(servicesDir(options), id, service);
  const paths = LOCK_NAMES.map((name) => join(dir, name));
  return { app: id, service, dir, base: baseOf(options), paths };
}

/** The oldest place of an update lock, in what an app knows as /data. */
export function dataLock(dataDir: string): string {
  return join(dataDir, 'resin-updates.lock');
}

/** Makes the services directory and what is above it, if need be; its path. */
export function makeServicesDir(options: Rooted): string {
  const { root = '/' } = options;
  let dir = root;
  for (const part of ['tmp', 'balena-supervisor', 'services']) {
    dir = join(dir, part);
    makeDirectory(dir, part === 'tmp' ? WRITABLE_BY_ALL : 0o755);
  }
  return dir;
}

/** Makes a service's lock directory, if need be, and gives it the right mode. */
export function prepare({ app, dir }: Place, options: Rooted): void {
  makeDirectory(join(makeServicesDir(options), app), 0o755);
  makeDirectory(dir, WRITABLE_BY_ALL);
  // Whoever made it before may have given it another mode.
  if ((lstatSync(dir).mode & 0o7777) !== WRITABLE_BY_ALL) chmodSync(dir, WRITABLE_BY_ALL);
}

function makeDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path);
    chmodSync(path, mode); // mkdir(2) leaves out what the umask says
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST')
      throw new LockError('ERR_LOCK_CREATE', `cannot make '${path}' (${code ?? String(cause)})`, {
        path,
        cause,
      });
    if (lstatSync(path).isDirectory()) return;
    const what = `'${path}' is no directory (a symbolic link is not followed); remove it`;
    throw new LockError('ERR_LOCK_PATH', what, { path, cause });
  }
}

/** The services of an app, by its lock directories; symbolic links and files are none. */
export function listServices(app: string | number, options: Rooted): string[] {
  checkName('app', String(app));
  try {
    return readdirSync(join(servicesDir(options), String(app)), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
