// Where to measure: a tmpfs, as lock directories often are, and a disk. Whatever is made there goes
// away with the process.

import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { say } from './progress.mjs';

const TMPFS = 0x01021994;
const NAMES = { [TMPFS]: 'tmpfs', 0xef53: 'ext4', 0x9123683e: 'btrfs', 0x58465342: 'xfs' };

const made = [];
process.on('exit', () => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => process.exit(128 + { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }[signal]));

/** A new directory below `parent`, removed at the end. */
export function temporary(parent = tmpdir()) {
  const dir = mkdtempSync(join(parent, 'lockbridge-bench-'));
  made.push(dir);
  return dir;
}

/** A directory of that name, made. */
export function directory(...parts) {
  const dir = join(...parts);
  mkdirSync(dir, { recursive: true });
  return dir;
}

function filesystem(dir) {
  const { type } = statfsSync(dir);
  return NAMES[type] ?? `filesystem 0x${type.toString(16)}`;
}

const usable = (dir, want) => {
  try {
    return (filesystem(dir) === 'tmpfs') === (want === 'tmpfs');
  } catch {
    return false; // not there
  }
};

// /tmp is a tmpfs on some systems, /var/tmp on nearly none.
function defaults() {
  const tmpfs = ['/dev/shm', '/run', tmpdir()].find((dir) => usable(dir, 'tmpfs'));
  const disk = ['/var/tmp', tmpdir(), '.'].find((dir) => usable(dir, 'disk'));
  if (tmpfs === undefined) say('no tmpfs here: left out');
  if (disk === undefined) say('no disk here, only tmpfs: left out');
  return [tmpfs, disk].filter((dir) => dir !== undefined);
}

/** The places that were asked for, or a tmpfs and a disk: what they are, and a directory to work in. */
export function places(dirs) {
  const parents = dirs.length > 0 ? dirs.map((dir) => resolve(dir)) : defaults();
  return parents.map((parent) => ({
    name: `${filesystem(parent)} (${parent})`,
    disk: filesystem(parent) !== 'tmpfs',
    dir: temporary(parent),
  }));
}
