// Uncontended acquire and release, side by side: every round runs every contender in turn, so that a
// machine that speeds up or slows down does so for all. Prints medians, spread and ratios.
//
//   npm run bench -- [--json] [--dir DIR] [--rounds N]

import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { acquire, acquireSync } from 'lockbridge';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    dir: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
    rounds: { type: 'string', default: '15' },
  },
});
const require = createRequire(import.meta.url);
const lockfile = require('lockfile');
const proper = require('proper-lockfile');
const dir = mkdtempSync(join(values.dir, 'lockbridge-bench-'));
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

function compile() {
  const source = fileURLToPath(new URL('syscalls.c', import.meta.url));
  const binary = join(dir, 'syscalls');
  const done = spawnSync('cc', ['-O2', '-o', binary, source], { stdio: 'inherit' });
  if (done.status === 0) return binary;
  console.error('bench: no C compiler: the baseline is left out');
  return undefined;
}

const binary = compile();
const spawned = spawnSync('lockfile', ['-r0', join(dir, 'probe')]).status === 0;
if (!spawned) console.error('bench: procmail lockfile is not installed: left out');
const lock = promisify(lockfile.lock);
const unlock = promisify(lockfile.unlock);

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
      Number(spawnSync(binary, [dir, '5000'], { encoding: 'utf8' }).stdout) / 1000,
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
  ...(spawned && {
    'spawn lockfile -r0': () =>
      repeat(10, () => {
        spawnSync('lockfile', ['-r0', path]);
        unlinkSync(path);
      }),
  }),
};

const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let round = -1; round < Number(values.rounds); round++) {
  for (const [name, run] of Object.entries(contenders)) {
    const us = await run();
    if (round >= 0) times[name].push(us); // the first one warms up
  }
}
rmSync(dir, { recursive: true });

const sorted = (list) => [...list].sort((a, b) => a - b);
const median = (list) => sorted(list)[Math.floor(list.length / 2)];
const base = times['lockbridge sync'];
const rows = Object.entries(times).map(([name, list]) => ({
  name,
  median: median(list),
  min: Math.min(...list),
  max: Math.max(...list),
  // Round by round, so that the ratio is of neighbours in time.
  ratio: median(list.map((us, i) => us / base[i])),
}));
if (values.json) console.log(JSON.stringify(rows, null, 2));
else
  for (const { name, median, min, max, ratio } of rows)
    console.log(
      `${name.padEnd(28)} ${median.toFixed(1).padStart(8)} us (${min.toFixed(1)}–${max.toFixed(1)})  ${ratio.toFixed(2)} x lockbridge sync`,
    );
