// A process that waits for many locks and tells what that costs it, as one line of JSON: resident memory,
// processor time over some seconds, and how long calls of `fs` take meanwhile.
//   idle.mjs SECONDS PATH…    the locks to wait for; none: the same process without waiters

import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { acquire } from 'lockbridge';

const [seconds, ...paths] = process.argv.slice(2);
const status = (field) =>
  Number(
    new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))[1],
  );

let blocked = 0;
for (const path of paths) void acquire(path, { onBlocked: () => void blocked++ });
while (blocked < paths.length) await pause(20);
await pause(1500); // until whatever a wait begins with is over
globalThis.gc();

const before = process.cpuUsage();
await pause(seconds * 1000);
const used = process.cpuUsage(before);

const calls = 2000;
const begin = process.hrtime.bigint();
for (let i = 0; i < calls; i++) await stat('/');
const fs = Number(process.hrtime.bigint() - begin) / calls / 1000;

const told = {
  rss: status('VmRSS') / 1024,
  cpu: (used.user + used.system) / (seconds * 1e6),
  fs,
  threads: status('Threads'),
};
process.stdout.write(`${JSON.stringify(told)}\n`);
process.stdin.resume(); // until the parent ends it: how a wait ends is not measured
