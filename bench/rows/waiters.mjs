// Row 7: a process with a thousand waiters that have nothing to do, beside the same process without.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openFiles } from '../harness/limits.mjs';
import { holdAll } from '../harness/party.mjs';
import { temporary } from '../harness/places.mjs';
import { progress } from '../harness/progress.mjs';
import { median } from '../harness/stats.mjs';

const IDLE = fileURLToPath(new URL('../parties/idle.mjs', import.meta.url));
const WAITERS = 1000;
const SECONDS = 3;

async function idle(paths) {
  const argv = ['--expose-gc', IDLE, String(SECONDS), ...paths];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`the waiters ended with ${code}`))),
  ]);
  child.kill('SIGKILL');
  await exited;
  return JSON.parse(line);
}

function lockFiles(dir) {
  return Array.from({ length: WAITERS }, (_, i) => {
    mkdirSync(join(dir, `s${i}`));
    const path = join(dir, `s${i}`, 'updates.lock');
    writeFileSync(path, '');
    return path;
  });
}

const NONE = 'no waiters';
const LINES = [
  ['rss', 'MB', 'resident memory'],
  ['cpu', '%', 'processor time'],
  ['fs', 'us', 'one fs.promises.stat'],
  ['threads', '', 'threads'],
];

function table(place, told, rounds) {
  const of = (name, key) => median(told[name].map((one) => one[key]));
  const more = (name, key) => median(told[name].map((one, at) => one[key] - told[NONE][at][key]));
  const ratio = (name, key) => median(told[name].map((one, at) => one[key] / told[NONE][at][key]));
  const show = (key, value) =>
    (key === 'cpu' ? value * 100 : value).toFixed(key === 'threads' ? 0 : 1);
  const names = Object.keys(told);
  return {
    title: `${WAITERS} idle waiters in one process`,
    place: place.name,
    rounds,
    unit: 'us',
    lines: [],
    figures: Object.fromEntries(names.map((name) => [name, told[name]])),
    notes: LINES.map(
      ([key, unit, what]) =>
        `  ${what.padEnd(24)}${names.map((name) => `${name}: ${show(key, of(name, key))} ${unit}`.trim()).join(', ')}`,
    ),
    goals: names
      .filter((name) => name !== NONE)
      .flatMap((name) => [
        {
          what: `${name}: more memory than none`,
          value: more(name, 'rss'),
          atMost: 40,
          unit: 'MB',
        },
        // A timer a second, say, for filesystems that lose events, is not "no CPU".
        { what: `${name}: processor time`, value: of(name, 'cpu') * 100, atMost: 0.5, unit: '%' },
        {
          what: `${name}: fs.promises.stat / that without waiters`,
          value: ratio(name, 'fs'),
          atMost: 1.2,
        },
      ])
      .map((goal) => ({ ...goal, met: goal.value <= goal.atMost })),
  };
}

async function at(place, bench) {
  const dirs = ['existence', 'kernel'].map((name) => join(temporary(place.dir), name));
  for (const dir of dirs) mkdirSync(dir);
  const [files, flocked] = dirs.map(lockFiles);
  const holder = openFiles(WAITERS + 100) > WAITERS ? await holdAll(flocked) : undefined;
  const contenders = {
    [NONE]: [],
    'held by name': files,
    ...(holder && { 'held by flock': flocked }),
  };
  const told = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  const rounds = Math.min(bench.rounds, 3); // each takes five seconds
  for (let round = 0; round < rounds; round++)
    for (const [name, paths] of Object.entries(contenders)) {
      progress(`idle waiters, ${place.name}: round ${round + 1} of ${rounds}: ${name}`);
      told[name].push(await idle(paths));
    }
  await holder?.end();
  return table(place, told, rounds);
}

export const waiters = {
  name: 'waiters',
  what: 'a thousand idle waiters in one process',
  async *run(bench) {
    for (const place of bench.places) yield at(place, bench);
  },
};
