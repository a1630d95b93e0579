// What the inode of a lock has to keep: owner and mode, the mark that it is ours, its birth, and a
// time in the future.

import { chmodSync, chownSync, futimesSync, statSync, writeFileSync } from 'node:fs';
import { native } from '../../native.js';
import { nameOf, ok, weak } from '../outcome.js';
import type { Bench, Check, Outcome } from '../types.js';

const NOBODY = 65534;
// The record is renewed every minute and stands two ahead; FAT keeps time to two seconds.
const AHEAD_SECONDS = 120;
const TOLERANCE_SECONDS = 2;

export const mode: Check = {
  id: 'mode',
  name: 'owner and mode',
  writes: true,
  run(bench) {
    const path = bench.file('mode');
    writeFileSync(path, '');
    const cost =
      'who may write to a lock file is decided by the mount, not by whoever made it: options mode and owner do nothing';
    try {
      for (const wanted of [0o600, 0o666]) {
        chmodSync(path, wanted);
        const got = statSync(path).mode & 0o777;
        if (got !== wanted)
          return weak(`mode ${wanted.toString(8)} was set and is ${got.toString(8)}`, cost);
      }
      if (process.geteuid?.() !== 0) return ok('a mode was set and kept');
      chownSync(path, NOBODY, NOBODY);
      const { uid } = statSync(path);
      if (uid === NOBODY) return ok('an owner and a mode were set and kept');
      return weak(`owner ${String(NOBODY)} was set and is ${String(uid)}`, cost);
    } catch (error) {
      return weak(`chmod, chown: ${nameOf(error)}`, cost);
    }
  },
};

export const attribute: Check = {
  id: 'xattr',
  name: 'user attributes',
  writes: true,
  run: (bench) =>
    onFile(bench, 'xattr', (fd) => {
      const done = native.setAttribute(fd);
      if (done === 0) return ok('an attribute was set and kept');
      return weak(
        `setxattr: ${nameOf(done)}`,
        'a lock file that another program overwrites is no longer known to be ours: after a crash it is held, not stale (tmpfs has attributes since Linux 6.6)',
      );
    }),
};

export const birth: Check = {
  id: 'birth',
  name: 'birth time',
  writes: true,
  run: (bench) =>
    onFile(bench, 'birth', (fd) => {
      const id = native.identity(fd);
      if (typeof id === 'string' && !id.endsWith('@0.000000000'))
        return ok('statx tells when a file was made');
      return weak(
        'statx tells no birth time',
        'a lock file made anew with the same inode number passes for the one before it',
      );
    }),
};

export const future: Check = {
  id: 'mtime',
  name: 'time in the future',
  writes: true,
  run: (bench) =>
    onFile(bench, 'mtime', (fd) => {
      const wanted = Date.now() / 1000 + AHEAD_SECONDS;
      futimesSync(fd, wanted, wanted);
      return judgeTime(wanted, statSync(bench.file('mtime')).mtimeMs / 1000);
    }),
};

/** Whether a file's time is the one that it was given. */
export function judgeTime(wanted: number, got: number): Outcome {
  const off = Math.abs(got - wanted);
  if (off < 0.001) return ok(`an mtime ${String(AHEAD_SECONDS)} s ahead was kept`);
  if (off <= TOLERANCE_SECONDS)
    return ok(`an mtime ${String(AHEAD_SECONDS)} s ahead was kept to ${off.toFixed(1)} s`);
  return weak(
    `an mtime ${String(AHEAD_SECONDS)} s ahead came back ${off.toFixed(0)} s off`,
    'lockers that judge by age (dotlockfile, flufl, procmail -l) may break a lock that is held',
  );
}

function onFile(bench: Bench, name: string, act: (fd: number) => Outcome): Outcome {
  const fd = native.openExclusive(bench.file(name), 0o644);
  try {
    return act(fd);
  } finally {
    native.close(fd);
  }
}
