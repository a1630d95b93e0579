// Does what it is told with locks, one JSON command a line, with the shim armed for that act alone:
// { act, path, at, error, noTmpfile, only } -> { said, error, calls, injected, fds }.

import { openSync, readdirSync, readlinkSync, readSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { inspectSync, tryAcquireSync } from '../../../dist/index.js';
import { replace } from '../../../dist/lock/replace.js';
import { native } from '../../../dist/native.js';

const INTS = 8;
const CALLS = 32768;
const NAME = 16;
const plan = openSync(process.env.FAULT_PLAN, 'r+');
const locks = new Map();

const acts = {
  acquire(path) {
    const lock = tryAcquireSync(path);
    if (lock === undefined) return 'blocked';
    locks.set(path, lock);
    return 'held';
  },
  // The step that replaces, alone: the look before it walks through /proc, never twice the same way.
  replace(path, seen, only) {
    const got = replace(path, seen, only ? seen.id : undefined, {});
    if (got === 'changed') return got; // ESTALE of a filesystem reads the same
    locks.set(path, got);
    return 'held';
  },
  release(path) {
    const lock = locks.get(path);
    locks.delete(path);
    return lock.releaseSync();
  },
  sweep: (path) => String(native.sweep(path)),
  inspect: (path) => inspectSync(path).verdict,
};

function arm({ at = -1, error = 0, noTmpfile = false }) {
  const ints = Int32Array.of(1, at, error, noTmpfile ? 1 : 0, plan, 0, 0, 0);
  writeSync(plan, new Uint8Array(ints.buffer), 0, INTS * 4, 0);
}

function disarm() {
  writeSync(plan, new Uint8Array(4), 0, 4, 0);
  const ints = new Int32Array(INTS);
  readSync(plan, ints, 0, INTS * 4, 0);
  const count = Math.min(ints[5], CALLS);
  const names = Buffer.alloc(count * NAME);
  if (count > 0) readSync(plan, names, 0, names.length, INTS * 4);
  const calls = Array.from({ length: count }, (_, i) =>
    names.toString('latin1', i * NAME, (i + 1) * NAME).replace(/\0.*$/, ''),
  );
  return { calls, injected: ints[6] === 1 };
}

// The lock files and directories alone: Node opens its own as it likes.
function fds(directory) {
  let names;
  try {
    names = readdirSync('/proc/self/fd');
  } catch {
    return -1; // none left to look with
  }
  return names.filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory);
    } catch {
      return false;
    }
  }).length;
}

function perform(command) {
  const answer = {};
  const seen = command.act === 'replace' ? inspectSync(command.path) : undefined;
  arm(command);
  try {
    answer.said = acts[command.act](command.path, seen, command.only);
  } catch (error) {
    const { name, code, errno, syscall, path, message } = error;
    answer.error = { name, code, errno, syscall, path, message };
  }
  Object.assign(answer, disarm());
  answer.fds = fds(command.path.slice(0, command.path.lastIndexOf('/')));
  return answer;
}

// What is loaded and looked up once is no part of any act.
acts.inspect('/proc/self/exe');
createInterface(process.stdin).on('line', (line) => {
  console.log(JSON.stringify(perform(JSON.parse(line))));
});
