// fs.protected_regular (proc(5)): in a sticky directory that others may write to, opening another user's
// file with O_CREAT is EACCES, for root too. flock(1) opens so: "locked" becomes an error, and what a
// user left can never be locked by another. Booted Debian has level 2.

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { acquireSync, tryAcquireSync } from '../../../src/index.js';
import { trapsOf } from '../../../src/inspect/traps.js';
import { itWith, lacksCommand } from '../../helpers/peers.js';
import { scratch } from '../../helpers/scratch.js';
import { lacksHostSetting, withHostSetting } from '../../helpers/sysctls.js';

const SETTING = 'fs/protected_regular';
const missing =
  (process.getuid?.() === 0 ? undefined : 'not root') ??
  lacksCommand('flock') ??
  lacksCommand('lockfile') ??
  lacksHostSetting(SETTING);

const USER = 4711; // not 65534: an empty file of that user may be a balena supervisor's lock
// Exit codes, one after the other: flock(1) on what was left and on what is held, procmail's lockfile
// and a flock(1) on a descriptor, which opens without O_CREAT, on what is held.
const STRANGERS = `
flock -n "$1" true; echo $?
flock -n "$2" true; echo $?
lockfile -r 0 "$2"; echo $?
exec 9<"$2"; flock -n 9; echo $?`;

interface Seen {
  strangers: number[];
  /** lockbridge as root, and as another user: on what is held, then on what was left. */
  lockbridge: string[];
  trap: boolean;
}

function tried(path: string): string {
  const lock = tryAcquireSync(path, { empty: 'free', mode: 0o666 });
  return lock === undefined ? 'refused' : lock.releaseSync();
}

function asUser(uid: number, act: () => string): string {
  process.seteuid?.(uid);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}

/** What everybody says at that level, to another user's files in a directory of root's. */
function look(mode: number, level: number): Seen {
  const dir = scratch('/dev/shm');
  chmodSync(dir, mode);
  const [left, held] = [join(dir, 'left'), join(dir, 'held')];
  writeFileSync(left, '');
  chmodSync(left, 0o666);
  chownSync(left, USER, USER);
  const lock = acquireSync(held, { owner: { uid: USER, gid: USER }, mode: 0o666 });
  onTestFinished(() => void lock.releaseSync());
  // The setting is everybody's meanwhile: only the programs, and calls in this process.
  const during = withHostSetting(SETTING, level, () => ({
    ran: spawnSync('sh', ['-c', STRANGERS, 'sh', left, held], { encoding: 'utf8' }),
    held: [tried(held), asUser(1000, () => tried(held))],
    left: tried(left),
    trap: trapsOf(held).some(({ id }) => id === 'sticky'),
  }));
  expect(lock.held).toBe(true);
  return {
    strangers: during.ran.stdout.trim().split('\n').map(Number),
    lockbridge: [...during.held, during.left],
    trap: during.trap,
  };
}

const TABLE: readonly (readonly [mode: number, level: number, refused: boolean])[] = [
  [0o1777, 0, false],
  [0o1777, 1, true],
  [0o1777, 2, true],
  [0o1775, 0, false],
  [0o1775, 1, false],
  [0o1775, 2, true],
];

for (const [mode, level, refused] of TABLE) {
  const where = `mode ${mode.toString(8)}, level ${String(level)}`;
  const flock = refused ? 'cannot open' : 'sees';
  itWith(
    missing,
    `${where}: flock(1) ${flock} another user’s lock; lockbridge sees and adopts`,
    () => {
      const seen = look(mode, level);
      expect(seen.strangers).toEqual(refused ? [66, 66, 73, 1] : [0, 1, 73, 1]);
      expect(seen.lockbridge).toEqual(['refused', 'refused', 'unlinked']);
      expect(seen.trap).toBe(refused);
    },
  );
}
