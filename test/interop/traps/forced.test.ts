// What becomes of our lock when the holder that we forced away lets go, or ends: some remove whatever
// has their name, some look first. Whoever removes ours, we are told at once (`lost`).

import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inspectSync, takeSync, type Lock } from '../../../src/index.js';
import { detectPeers } from '../../../src/matrix/run.js';
import { peers } from '../../../src/peers/index.js';
import type { Session } from '../../../src/peers/types.js';
import { itWith } from '../../helpers/peers.js';
import { scratch } from '../../helpers/scratch.js';
import { expectLost, expectOurs } from './overridden.js';

// Its release removes our file: by name alone, or (LinkLockFile) by a look at its own other file.
const REMOVE_BY_NAME: readonly string[] = [
  'procmail', // rm -f, as its manual says
  'dotlockfile', // dotlockfile -u
  'lockfile-create', // lockfile-remove
  'py-link', // LinkLockFile: it looks only for its unique file
  'py-excl',
  'npm-lockfile', // unlockSync
  'noclobber',
  'tcl-excl',
  'go-excl',
  'rust-excl',
  'java-excl',
  'ln-symlink',
  'balena-supervisor', // rm -f, as root
];
// A live supervisor is not forced away.
const SUPERVISORS: readonly string[] = ['helios'];
// Its release leaves our file: it is not what they made.
const LEAVE_OURS: readonly string[] = [
  'lockfile-simple',
  'py-softfilelock', // it knows its inode
  'py-symlink',
  'py-mkdir',
  'npm-proper',
  'mkdir',
  // They close a file that has lost its name.
  ...peers.filter(({ family }) => family === 'kernel').map(({ id }) => id),
];

const infos = await detectPeers(peers);

function missing(id: string): string | undefined {
  const found = infos.find((one) => one.id === id);
  return found?.available === true ? undefined : `no ${id}: ${found?.reason ?? 'unknown'}`;
}

async function held(id: string): Promise<{ session: Session; path: string }> {
  const session = await peers.find((one) => one.id === id)?.open();
  if (session === undefined) throw new Error(`no peer ${id}`);
  onTestFinished(() => session.kill());
  const path = join(scratch(), 'updates.lock');
  await session.prepare?.(dirname(path));
  expect(await session.hold(path)).toEqual({ kind: 'acquired' });
  return { session, path };
}

/** A foreign holder of a fresh path, and our lock that took its place by force. */
async function forced(id: string): Promise<{ session: Session; path: string; lock: Lock }> {
  const { session, path } = await held(id);
  const lock = takeSync(path, { force: true });
  onTestFinished(() => void lock.releaseSync());
  expect(inspectSync(path)).toMatchObject({
    verdict: 'held',
    by: 'kernel',
    protocol: 'lockbridge',
  });
  return { session, path, lock };
}

it('says so of every program of the matrix', () => {
  const known = [...REMOVE_BY_NAME, ...SUPERVISORS, ...LEAVE_OURS].sort();
  const strangers = peers.filter(({ family }) => family !== 'bridge').map(({ id }) => id);
  expect(known).toEqual(strangers.sort());
});

describe('the release of a holder that was forced away', () => {
  for (const id of REMOVE_BY_NAME) {
    itWith(missing(id), `${id}: removes our lock, and we are told`, async () => {
      const all = await forced(id);
      await all.session.release(all.path);
      await expectLost(all.lock);
    });
  }
  for (const id of SUPERVISORS) {
    itWith(missing(id), `${id}: a live supervisor is not forced away`, async () => {
      const { session, path } = await held(id);
      expect(() => takeSync(path, { force: true })).toThrow('not broken: a live Helios supervisor');
      await session.release(path);
      takeSync(path).releaseSync();
    });
  }
  for (const id of LEAVE_OURS) {
    itWith(missing(id), `${id}: leaves our lock`, async () => {
      const all = await forced(id);
      await all.session.release(all.path).catch(() => undefined); // some say: not mine
      expectOurs(all.lock);
    });
  }
});

describe('a crash of a holder that was forced away', () => {
  for (const id of ['npm-lockfile', 'py-link', 'flock']) {
    itWith(missing(id), `${id}: nobody is left to remove our lock`, async () => {
      const all = await forced(id);
      await all.session.kill();
      expectOurs(all.lock);
    });
  }
});
