// How soon a waiting update goes on: from the last release of a lock to the daemon's `take`, and to
// `applied` with two services that start and stop at once. The daemon is a process of its own; times
// are when its journal's line arrives here, so the pipe is in them.
//
//   npm run bench:update-latency -- [--rounds N] [--json]

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { acquireSync } from 'lockbridge';
import { median } from './common.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const BIN = fileURLToPath(new URL('../dist/cli/bin.js', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'lockbridge-bench-'));
const config = join(dir, 'bench.yaml');
const lock = join(dir, 'tmp/balena-supervisor/services/1/a/updates.lock');

function configure(release) {
  const service = { command: ['sleep', 'infinity'], environment: { RELEASE: release } };
  const content = {
    root: dir,
    state: join(dir, 'state'),
    api: { listen: `unix:${join(dir, 'api.sock')}` },
    apps: release === undefined ? {} : { 1: { release, services: { a: service, b: service } } },
  };
  writeFileSync(`${config}.new`, JSON.stringify(content));
  renameSync(`${config}.new`, config);
}

// Each takes the lock and returns what lets go of it.
const LOCKERS = {
  lockbridge: () => {
    const held = acquireSync(lock, { reason: 'bench of update latency' });
    return () => held.releaseSync();
  },
  'flock(1)': async () => {
    const child = spawn('flock', [lock, 'sh', '-c', 'echo held; read x'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    return () => child.stdin.end();
  },
  'an empty file (npm lockfile)': () => {
    writeFileSync(lock, '', { flag: 'wx' });
    return () => unlinkSync(lock);
  },
};

configure('0');
const daemon = spawn(process.execPath, [BIN, 'supervise', '--json', '--config', config], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(daemon, 'exit');
const listeners = new Set();
createInterface(daemon.stdout).on('line', (line) => {
  const now = performance.now();
  if (!line.startsWith('{')) return;
  const entry = JSON.parse(line);
  for (const listener of listeners) listener(entry, now);
});

// When the daemon says that next.
async function said(kind, text = '') {
  return new Promise((resolve) => {
    const listener = (entry, now) => {
      if (entry.kind !== kind || !entry.text.includes(text)) return;
      listeners.delete(listener);
      resolve(now);
    };
    listeners.add(listener);
  });
}

let count = 0;
async function round(take) {
  const release = String(++count);
  const letGo = await take();
  const waits = said('wait');
  configure(release);
  await waits;
  await pause(100); // as in life, the daemon has nothing else to do by then
  const [taken, applied] = [said('take'), said('applied', `release ${release} runs`)];
  const over = said('release');
  const begin = performance.now();
  letGo();
  const times = { take: (await taken) - begin, applied: (await applied) - begin };
  await over;
  return times;
}

const spread = (list) => ({ median: median(list), min: Math.min(...list), max: Math.max(...list) });
const text = ({ median, min, max }) =>
  `${median.toFixed(1)} ms (${min.toFixed(1)}–${max.toFixed(1)})`.padEnd(26);

try {
  await said('applied');
  const rows = [];
  for (const [name, take] of Object.entries(LOCKERS)) {
    await round(take); // to warm up
    const times = [];
    for (let left = rounds; left > 0; left--) times.push(await round(take));
    const row = ['take', 'applied'].map((key) => [key, spread(times.map((one) => one[key]))]);
    rows.push({ name, ...Object.fromEntries(row) });
  }
  if (values.json) console.log(JSON.stringify({ rounds, rows }, null, 2));
  else
    for (const { name, take, applied } of rows)
      console.log(`${name.padEnd(30)} take after ${text(take)} applied after ${text(applied)}`);
  const gone = said('applied', 'the app is gone');
  configure(undefined);
  await gone;
} finally {
  daemon.kill();
  await ended;
  rmSync(dir, { recursive: true, force: true });
}
