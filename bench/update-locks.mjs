// The update locks of a thousand services, two files each, taken and released as one operation:
// beside the same system calls in C, and beside one spawned `lockfile` for each file, as the balena
// supervisor does it. Every round runs every contender in turn.
//
//   npm run bench:update-locks -- [--dir DIR] [--rounds N] [--services N] [--json]

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { acquireSync } from 'lockbridge';
import { UpdateLocks } from 'lockbridge/supervisor';
import { compile, inC, median, ratio } from './common.mjs';

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: '/dev/shm' },
    rounds: { type: 'string', default: '15' },
    services: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
});
const [rounds, services] = [Number(values.rounds), Number(values.services)];
const root = mkdtempSync(join(values.dir, 'lockbridge-bench-'));
const tools = mkdtempSync(join(tmpdir(), 'lockbridge-bench-'));
process.on('exit', () => {
  for (const made of [root, tools]) rmSync(made, { recursive: true, force: true });
});

const names = Array.from({ length: services }, (_, i) => `s${i}`);
const locks = UpdateLocks.for(1, names, { root });
locks.prepare();
const plain = join(root, 'plain');
for (const name of names) mkdirSync(join(plain, name), { recursive: true });
const probe = acquireSync(join(plain, 'probe'), { reason: 'bench of update locks' });
const record = probe.recordText;
probe.releaseSync();
const binary = compile(tools);
const owner = process.getuid() === 0 ? '65534' : '-1';
// One of a hundred: two thousand spawns take ten seconds a round.
const sample = Math.max(1, Math.round(services / 100));

async function ms(run) {
  const begin = process.hrtime.bigint();
  await run();
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

function spawned() {
  for (const name of names.slice(0, sample))
    for (const file of ['resin-updates.lock', 'updates.lock']) {
      const path = join(plain, name, file);
      if (spawnSync('lockfile', ['-r0', path], { stdio: 'ignore' }).status !== 0)
        throw new Error(`bench: lockfile ${path} failed`);
      unlinkSync(path);
    }
}

const contenders = {
  'UpdateLocks, one operation': async () =>
    ms(async () => {
      const held = await locks.lock({ reason: 'bench of update locks' });
      await held.release();
    }),
  ...(binary && {
    'the same system calls in C': () =>
      inC(binary, 'together', plain, record, owner, String(services)) / 1e6,
  }),
  ...(spawnSync('lockfile', ['-?'], { stdio: 'ignore' }).error === undefined && {
    [`a lockfile process a file (${sample} services, scaled)`]: async () =>
      (await ms(spawned)) * (services / sample),
  }),
};

const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let round = -1; round < rounds; round++)
  for (const [name, run] of Object.entries(contenders)) {
    const took = await run();
    if (round >= 0) times[name].push(took); // the first one warms up
  }

const ours = times['UpdateLocks, one operation'];
const rows = Object.entries(times).map(([name, list]) => ({
  name,
  ms: median(list),
  min: Math.min(...list),
  max: Math.max(...list),
  ratio: ratio(list, ours),
}));
const inverse = binary && ratio(ours, times['the same system calls in C']);
if (values.json) console.log(JSON.stringify({ services, rounds, rows, toC: inverse }, null, 2));
else {
  console.log(`${services} services x 2 files in ${values.dir}`);
  for (const { name, ms, min, max, ratio } of rows)
    console.log(
      `${name.padEnd(50)} ${ms.toFixed(1).padStart(8)} ms (${min.toFixed(1)}–${max.toFixed(1)})  ${ratio.toFixed(2)} x UpdateLocks`,
    );
  if (inverse !== undefined)
    console.log(
      `UpdateLocks / the same system calls in C: ${inverse.toFixed(2)} (goal: at most 1.5)`,
    );
}
