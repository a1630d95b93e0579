// Row 9: the native command beside flock(1), as whole processes and in memory while it holds.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { interleave } from '../harness/interleave.mjs';
import { LOCKBRIDGE_RUN } from '../harness/party.mjs';
import { temporary } from '../harness/places.mjs';
import { timed } from '../harness/spawned.mjs';

const FLOCK = 'flock -n FILE true';
const RUN = 'lockbridge-run FILE -- true';
const MEMORY = { flock: 'flock -n FILE cat', run: 'lockbridge-run FILE -- cat' };

// Resident memory in MB while the command runs: cat has answered, so the lock is held. What is shared
// with other processes (the C library) counts in full.
async function resident(...argv) {
  const child = spawn(argv[0], argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  child.stdin.write('up\n');
  await Promise.race([once(child.stdout, 'data'), exited]);
  const smaps = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8');
  child.stdin.end();
  await exited;
  return Number(/^Rss:\s+(\d+)/m.exec(smaps)[1]) / 1024;
}

async function memory(place, rounds, ours, theirs) {
  const table = await interleave({
    title: 'memory of a holder while its command runs',
    place,
    rounds: Math.min(rounds, 5),
    base: MEMORY.flock,
    contenders: {
      [MEMORY.flock]: () => resident('flock', '-n', theirs, 'cat'),
      [MEMORY.run]: () => resident(LOCKBRIDGE_RUN, ours, '--', 'cat'),
    },
    goals: [{ of: MEMORY.run, to: MEMORY.flock, atMost: 1 }],
  });
  return { ...table, unit: 'MB' };
}

export const command = {
  name: 'command',
  what: 'lockbridge-run FILE -- true as a whole process, and its memory',
  peers: ['flock'],
  async *run({ rounds, places, has, say }) {
    if (!existsSync(LOCKBRIDGE_RUN))
      say('there is no build/Release/lockbridge-run: its row is left out');
    if (!existsSync(LOCKBRIDGE_RUN) || !has('flock')) return;
    for (const { dir, name: place } of places) {
      const files = temporary(dir);
      const [ours, theirs] = ['ours.lock', 'theirs.lock'].map((file) => join(files, file));
      yield interleave({
        title: 'a command under a lock',
        place,
        rounds,
        base: FLOCK,
        contenders: {
          true: timed(10, 'true'),
          [FLOCK]: timed(10, 'flock', '-n', theirs, 'true'),
          [RUN]: timed(10, LOCKBRIDGE_RUN, ours, '--', 'true'),
        },
        goals: [{ of: RUN, to: FLOCK, atMost: 1.2 }],
      });
      yield memory(place, rounds, ours, theirs);
    }
  },
};
