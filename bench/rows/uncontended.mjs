// Row 1: acquire and release while nobody else is there, beside its own system calls in C and beside
// the packages that take an existence lock only: less, for less.

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { acquire, acquireSync } from 'lockbridge';
import { numbers, program } from '../harness/compile.mjs';
import { interleave, repeat, repeatAsync } from '../harness/interleave.mjs';
import { npmPackage } from '../harness/peers.mjs';

const SYNC = 'lockbridge sync';
const ASYNC = 'lockbridge async';
const C = 'the same calls in C';
const NPM = 'npm lockfile async';
const PROPER = 'proper-lockfile async';
const SPAWN = 'spawned lockfile -r0';
const NAME = 'updates.lock';

// Synchronous, from acquire to release: no task of the event loop in between, and none is armed.
function ours(path) {
  return {
    [SYNC]: () => repeat(5000, () => acquireSync(path).releaseSync()),
    [ASYNC]: () =>
      repeatAsync(5000, async () => {
        const held = await acquire(path);
        await held.release();
      }),
  };
}

function inC(dir, path) {
  const binary = program('uncontended');
  if (binary === undefined) return undefined;
  const held = acquireSync(path);
  const record = held.recordText;
  held.releaseSync();
  return () => numbers(binary, dir, NAME, record, 5000)[0] / 1000;
}

function ofNpm(dir, path) {
  const lockfile = npmPackage('lockfile');
  const proper = npmPackage('proper-lockfile');
  const file = join(dir, 'proper'); // it locks files that exist
  writeFileSync(file, '');
  const lock = lockfile && promisify(lockfile.lock);
  const unlock = lockfile && promisify(lockfile.unlock);
  return {
    'npm lockfile sync':
      lockfile &&
      (() =>
        repeat(2000, () => {
          lockfile.lockSync(path);
          lockfile.unlockSync(path);
        })),
    [NPM]:
      lockfile &&
      (() =>
        repeatAsync(1000, async () => {
          await lock(path, {});
          await unlock(path);
        })),
    [PROPER]:
      proper &&
      (() =>
        repeatAsync(200, async () => {
          const release = await proper.lock(file);
          await release();
        })),
  };
}

function spawned(path, available) {
  if (!available) return undefined;
  return () =>
    repeat(10, () => {
      const { status } = spawnSync('lockfile', ['-r0', path], { stdio: 'ignore' });
      if (status !== 0) throw new Error(`lockfile -r0 ended with ${status}`);
      unlinkSync(path);
    });
}

async function at({ dir, name: place }, { rounds, has }) {
  const path = join(dir, NAME);
  return interleave({
    title: 'acquire and release, uncontended',
    place,
    rounds,
    base: C,
    contenders: {
      [C]: inC(dir, path),
      ...ours(path),
      "openSync('wx') + unlinkSync": () =>
        repeat(5000, () => {
          closeSync(openSync(path, 'wx'));
          unlinkSync(path);
        }),
      ...ofNpm(dir, path),
      [SPAWN]: spawned(path, has('procmail')),
    },
    goals: [
      { of: SYNC, to: C, atMost: 1.25 },
      { of: ASYNC, to: SYNC, atMost: 1.2 },
      { of: NPM, to: ASYNC, atLeast: 6 },
      { of: PROPER, to: ASYNC, atLeast: 30 },
      { of: SPAWN, to: ASYNC, atLeast: 300 },
    ],
  });
}

export const uncontended = {
  name: 'uncontended',
  what: 'acquire and release, nobody else there',
  peers: ['npm-lockfile', 'npm-proper', 'procmail'],
  async *run(bench) {
    for (const place of bench.places) yield at(place, bench);
  },
};
