// Uncontended acquire and release, side by side: every round runs every contender in turn, so that a
// machine that speeds up or slows down does so for all. Prints medians, spread and ratios.
//
//   npm run bench -- [--json] [--dir DIR] [--rounds N]

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, unlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { release as kernel, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { acquire, acquireSync } from 'lockbridge';
import { compile, inC, median, ratio } from './common.mjs';

const TMPFS = 0x01021994;

// Where lock directories live: a tmpfs if there is one.
function defaultDir() {
  try {
    if (statfsSync('/dev/shm').type === TMPFS) return '/dev/shm';
  } catch {
    // no such directory
  }
  return tmpdir();
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    dir: { type: 'string', default: defaultDir() },
    rounds: { type: 'string', default: '15' },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`bench: --rounds must be a whole number from 1, not '${values.rounds}'`);
  process.exit(64);
}

const require = createRequire(import.meta.url);
const lockfile = require('lockfile');
const proper = require('proper-lockfile');
const lock = promisify(lockfile.lock);
const unlock = promisify(lockfile.unlock);

const dir = mkdtempSync(join(values.dir, 'lockbridge-bench-'));
const tools = mkdtempSync(join(tmpdir(), 'lockbridge-bench-')); // a tmpfs may be mounted noexec
process.on('exit', () => {
  for (const made of [dir, tools]) rmSync(made, { recursive: true, force: true });
});
const path = join(dir, 'updates.lock');

function repeat(n, once) {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < n; i++) once();
  return Number(process.hrtime.bigint() - begin) / n / 1000;
}
async function repeatAsync(n, once) {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < n; i++) await once();
  return Number(process.hrtime.bigint() - begin) / n / 1000;
}

function spawnLockfile() {
  return spawnSync('lockfile', ['-r0', path], { stdio: 'ignore' }).status === 0;
}

const held = acquireSync(path);
const record = held.recordText;
held.releaseSync();
const binary = compile(tools);
const installed = spawnLockfile();
if (installed) unlinkSync(path);
else console.error('bench: procmail lockfile is not installed: left out');

/** Microseconds for one acquire and release, name by name. */
const contenders = {
  'lockbridge sync': () => repeat(5000, () => acquireSync(path).releaseSync()),
  'lockbridge async': () =>
    repeatAsync(5000, async () => {
      const held = await acquire(path);
      await held.release();
    }),
  ...(binary && {
    'the same system calls in C': () =>
      inC(binary, 'each', dir, 'updates.lock', record, '5000') / 1000,
  }),
  "openSync('wx') + unlinkSync": () =>
    repeat(5000, () => {
      closeSync(openSync(path, 'wx'));
      unlinkSync(path);
    }),
  'npm lockfile sync': () =>
    repeat(2000, () => {
      lockfile.lockSync(path);
      lockfile.unlockSync(path);
    }),
  'npm lockfile async': () =>
    repeatAsync(1000, async () => {
      await lock(path, {});
      await unlock(path);
    }),
  'proper-lockfile async': () =>
    repeatAsync(200, async () => {
      const release = await proper.lock(join(dir, 'proper'), { realpath: false });
      await release();
    }),
  ...(installed && {
    'spawn lockfile -r0': () =>
      repeat(10, () => {
        if (!spawnLockfile()) throw new Error('bench: lockfile failed');
        unlinkSync(path);
      }),
  }),
};

const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let round = -1; round < rounds; round++) {
  for (const [name, run] of Object.entries(contenders)) {
    const us = await run();
    if (round >= 0) times[name].push(us); // the first one warms up
  }
}

const rows = Object.entries(times).map(([name, list]) => ({
  name,
  median: median(list),
  min: Math.min(...list),
  max: Math.max(...list),
  ratio: ratio(times[name], times['lockbridge sync']),
}));
const goals = [
  ...(binary ? [['lockbridge sync', 'the same system calls in C', 'at most 1.3']] : []),
  ...(installed ? [['spawn lockfile -r0', 'lockbridge sync', 'at least 100']] : []),
].map(([of, to, goal]) => ({ of, to, ratio: ratio(times[of], times[to]), goal }));

if (values.json) {
  const where = { date: new Date().toISOString(), kernel: kernel(), node: process.version };
  console.log(JSON.stringify({ ...where, dir: values.dir, rounds, rows, goals }, null, 2));
} else {
  for (const { name, median, min, max, ratio } of rows) {
    const spread = `(${min.toFixed(1)}–${max.toFixed(1)})`;
    console.log(
      `${name.padEnd(28)} ${median.toFixed(1).padStart(7)} us ${spread.padEnd(16)} ${ratio.toFixed(2).padStart(7)} x lockbridge sync`,
    );
  }
  for (const { of, to, ratio, goal } of goals)
    console.log(`${of} / ${to}: ${ratio.toFixed(2)} (goal: ${goal})`);
}
