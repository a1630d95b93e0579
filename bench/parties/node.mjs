// A holder or waiter in Node: the line protocol of c/party.c, for lockbridge, the packages of npm, and
// commands that wait in a process of their own.
//   node.mjs lockbridge [free]        what an empty file counts as: flock leaves one behind, which is
//                                     undecidable without a watch from before
//   node.mjs ends|wraps COMMAND…      a command gets the path as {}
//   node.mjs npm-lockfile|npm-proper

import { execFile } from 'node:child_process';
import { unlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { LOCKBRIDGE_RUN } from '../harness/party.mjs';

const [kind, ...command] = process.argv.slice(2);

// Each gives `wait` and `drop`; only lockbridge is asked to take.
const KINDS = {
  lockbridge: async () => {
    const { acquire, acquireSync } = await import('lockbridge');
    let lock;
    return {
      take: (path) => void (lock = acquireSync(path)),
      wait: async (path, waiting) => {
        // Whoever is in the way may be found only after many milliseconds (/proc/locks); what is
        // measured begins when it waits.
        const onBlocked = () => setImmediate(waiting);
        lock = await acquire(path, { empty: command[0] ?? 'held', onBlocked });
      },
      drop: () => lock.releaseSync(),
    };
  },
  'npm-lockfile': async () => {
    const { npmPackage } = await import('../harness/peers.mjs');
    const lockfile = npmPackage('lockfile');
    const lock = promisify(lockfile.lock);
    let held;
    return {
      wait: async (path) => lock((held = path), { wait: 60_000 }),
      drop: () => lockfile.unlockSync(held),
    };
  },
  'npm-proper': async () => {
    const { npmPackage } = await import('../harness/peers.mjs');
    const proper = npmPackage('proper-lockfile');
    let release;
    return {
      wait: async (path) => {
        const options = { realpath: false, retries: 10 };
        release = await proper.lock(path.slice(0, -'.lock'.length), options);
      },
      drop: async () => release(),
    };
  },
  // `lockfile PATH`: it has the lock when it has ended.
  ends: async () => {
    let held;
    return {
      wait: async (path) => void (await run((held = path))),
      drop: () => unlinkSync(held),
    };
  },
  // `flock PATH stamp`: holds while its command runs, which prints the time. Ours says when it waits.
  wraps: async () => ({ wait: run, drop: () => undefined }),
};

/** Runs the command; what it printed. Its complaints count only where it fails. */
async function run(path, waiting) {
  const [name, ...args] = command.map((arg) => (arg === '{}' ? path : arg));
  const running = promisify(execFile)(name, args);
  running.child.stderr.once('data', () => waiting?.());
  return (await running).stdout.trim();
}

/** A function that does its work once. */
const once = (work) => () => {
  work();
  work = () => undefined;
};
const say = (line) => process.stdout.write(`${line}\n`);
const now = () => process.hrtime.bigint();
const party = await KINDS[kind]();

for await (const line of createInterface({ input: process.stdin })) {
  const path = line.slice(5);
  if (line.startsWith('take')) {
    party.take(path);
    say('held');
  } else if (line.startsWith('wait')) {
    const waiting = once(() => say('waiting'));
    if (kind !== 'lockbridge' && command[0] !== LOCKBRIDGE_RUN) waiting();
    const told = await party.wait(path, waiting);
    const held = now();
    say(`held ${told ?? held}`);
  } else {
    const begin = now();
    await party.drop();
    await pause(5); // whoever reads the answer is not to run at the same time as the waiter
    say(`dropped ${begin}`);
  }
}
