// Not a row of the kernel's kind: an update waits in a daemon that is a process of its own, and then the
// only lock in its way is let go. How long until the daemon has all locks, and until both services, which
// start and stop at once, run in the new release? Times are when the journal's line arrives here.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { acquireSync } from 'lockbridge';
import { interleave } from '../harness/interleave.mjs';
import { temporary } from '../harness/places.mjs';
import { summary } from '../harness/stats.mjs';

const BIN = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));
const GOAL_US = 100_000;

/** Each takes the lock and gives what lets go of it. */
const lockers = (lock, has) => ({
  lockbridge: () => {
    const held = acquireSync(lock, { reason: 'bench of updates' });
    return () => held.releaseSync();
  },
  ...(has('flock') && {
    'flock(1)': async () => {
      const argv = [lock, 'sh', '-c', 'echo held; read x'];
      const child = spawn('flock', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      return () => child.stdin.end();
    },
  }),
  'an empty file (npm lockfile)': () => {
    writeFileSync(lock, '', { flag: 'wx' });
    return () => unlinkSync(lock);
  },
});

function daemonIn(dir) {
  const config = join(dir, 'bench.yaml');
  const configure = (release) => {
    const service = { command: ['sleep', 'infinity'], environment: { RELEASE: release } };
    const services = { a: service, b: service };
    const content = {
      root: dir,
      state: join(dir, 'state'),
      api: { listen: `unix:${join(dir, 'api.sock')}` },
      apps: release === undefined ? {} : { 1: { release, services } },
    };
    writeFileSync(`${config}.new`, JSON.stringify(content));
    renameSync(`${config}.new`, config);
  };
  configure('0');
  const argv = [BIN, 'supervise', '--json', '--config', config];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const listeners = new Set();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const now = performance.now();
    if (!line.startsWith('{')) return;
    for (const listener of listeners) listener(JSON.parse(line), now);
  });
  /** When the daemon says that next. */
  const said = async (kind, text = '') =>
    new Promise((resolve) => {
      const listener = (entry, now) => {
        if (entry.kind !== kind || !entry.text.includes(text)) return;
        listeners.delete(listener);
        resolve(now);
      };
      listeners.add(listener);
    });
  const end = async () => {
    child.kill();
    await ended;
  };
  return { configure, said, end };
}

// One update: what it waited for is let go, and the microseconds from then on.
function updates({ configure, said }) {
  let count = 0;
  return async (take) => {
    const release = String(++count);
    const letGo = await take();
    const waits = said('wait');
    configure(release);
    await waits;
    await pause(100); // as in life, the daemon has nothing else to do by then
    const [taken, applied, over] = [
      said('take'),
      said('applied', `release ${release} runs`),
      said('release'),
    ];
    const begin = performance.now();
    letGo();
    const times = {
      take: ((await taken) - begin) * 1000,
      applied: ((await applied) - begin) * 1000,
    };
    await over;
    return times;
  };
}

export const update = {
  name: 'update',
  what: 'an update goes on after the last release of a lock in its way',
  peers: ['flock'],
  async *run({ rounds, has }) {
    const dir = temporary(); // the daemon's directories; a tmpfs may be mounted noexec
    const daemon = daemonIn(dir);
    const lock = join(dir, 'tmp/balena-supervisor/services/1/a/updates.lock');
    const applied = {};
    try {
      await daemon.said('applied');
      const update = updates(daemon);
      const contenders = Object.entries(lockers(lock, has)).map(([name, take]) => [
        name,
        async () => {
          const times = await update(take);
          (applied[name] ??= []).push([times.applied]);
          return times.take;
        },
      ]);
      const table = await interleave({
        title: 'release to the update: all locks taken',
        rounds,
        base: 'lockbridge',
        contenders: Object.fromEntries(contenders),
        goals: contenders.map(([of]) => ({ of, stat: 'high', atMost: GOAL_US, unit: 'us' })),
      });
      const gone = daemon.said('applied', 'the app is gone');
      daemon.configure(undefined);
      await gone;
      const [first] = Object.values(applied);
      const lines = Object.entries(applied).map(([name, all]) =>
        summary(name, all.slice(1), first.slice(1)),
      );
      yield table;
      yield { ...table, title: 'release to the update: both services run', lines, goals: [] };
    } finally {
      await daemon.end();
    }
  },
};
