// Row 3: a holder lets go, and a waiter holds: how long in between? A kernel locker or lockbridge holds;
// the waiter waits without a timer, or, as the rivals do, polls.

import { existsSync } from 'node:fs';
import { program } from '../harness/compile.mjs';
import { handOffs } from '../harness/handoff.mjs';
import { cParty, LOCKBRIDGE_RUN, nodeParty, pythonParty } from '../harness/party.mjs';

const C = 'flock in C, to flock in C';
const PROMISE = 'flock in C, to acquire()';
const OURS = 'lockbridge, to acquire()';
const PYTHON = 'flock in C, to lockbridge of Python, sync';
const COMMAND = 'flock in C, to lockbridge-run FILE -- C';
const TAKEN = 'flock in C, to lockbridge-run: taken';
const FLOCK = 'flock in C, to flock(1) FILE C';
const FILELOCK = 'flock in C, to FileLock of filelock';

/** A waiter that starts a command once it holds, which says when. */
function command(argv, ...rest) {
  const stamp = program('stamp');
  return stamp && nodeParty('wraps', ...argv, stamp, ...rest);
}

/** With `{}`, when the lock was taken; without, when the command runs. */
function native({ say }, ...rest) {
  if (existsSync(LOCKBRIDGE_RUN))
    return command([LOCKBRIDGE_RUN, '--empty=free', '{}', '--'], ...rest);
  return void say('there is no build/Release/lockbridge-run: left out');
}

const PAIRS = {
  [C]: { holder: () => cParty('flock'), waiter: () => cParty('flock') },
  [PROMISE]: { holder: () => cParty('flock'), waiter: () => nodeParty('lockbridge', 'free') },
  [OURS]: { holder: () => nodeParty('lockbridge'), waiter: () => nodeParty('lockbridge') },
  [PYTHON]: { holder: () => cParty('flock'), waiter: () => pythonParty('lockbridge', 'free') },
  [FLOCK]: {
    holder: () => cParty('flock'),
    waiter: ({ has }) => (has('flock') ? command(['flock', '{}']) : undefined),
  },
  [COMMAND]: { holder: () => cParty('flock'), waiter: (bench) => native(bench) },
  [TAKEN]: { holder: () => cParty('flock'), waiter: (bench) => native(bench, '{}') },
  [FILELOCK]: {
    holder: () => cParty('flock'),
    waiter: ({ has }) => (has('py-filelock') ? pythonParty('FileLock') : undefined),
    poll: 50,
    samples: 3,
  },
};

export const handoff = {
  name: 'handoff',
  what: 'a flock or a lockbridge holder lets go, and a waiter holds',
  peers: ['py-filelock', 'flock'],
  run: (bench) =>
    handOffs(bench, {
      title: 'hand-off of a kernel lock',
      base: C,
      pairs: PAIRS,
      goals: [
        { of: PROMISE, to: C, atMost: 8 },
        { of: OURS, to: C, atMost: 8 },
        { of: PROMISE, stat: 'p99', atMost: 500, unit: 'us' },
        { of: OURS, stat: 'p99', atMost: 500, unit: 'us' },
        { of: PYTHON, to: C, atMost: 3 },
        { of: COMMAND, to: FLOCK, atMost: 3 },
        { of: TAKEN, to: C, atMost: 3 },
        { of: FILELOCK, to: PROMISE, atLeast: 200 },
      ],
    }),
};
