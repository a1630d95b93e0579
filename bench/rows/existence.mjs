// Row 4: the same from a holder that holds while the name exists and lets go by removing it.

import { handOffs } from '../harness/handoff.mjs';
import { cParty, nodeParty, pythonParty } from '../harness/party.mjs';

const C = 'inotify in C';
const PROMISE = 'acquire()';
const NPM = 'npm lockfile';
const PYTHON = 'LinkLockFile of Python';
const FILELOCK = 'SoftFileLock of filelock';

const create = () => cParty('create');

// `poll`: how long each of them sleeps between two tries, in milliseconds; the lock is held for a
// random part of it, so that the figures are those of somebody who lets go at any time.
const PAIRS = {
  [C]: { holder: create, waiter: create },
  [PROMISE]: { holder: create, waiter: () => nodeParty('lockbridge') },
  'lockbridge of Python, sync': { holder: create, waiter: () => pythonParty('lockbridge') },
  [NPM]: {
    holder: create,
    waiter: ({ has }) => (has('npm-lockfile') ? nodeParty('npm-lockfile') : undefined),
    poll: 100,
    samples: 3,
  },
  [PYTHON]: {
    holder: create,
    waiter: ({ has }) => (has('py-link') ? pythonParty('lockfile') : undefined),
    poll: 100,
    samples: 3,
  },
  [FILELOCK]: {
    holder: create,
    waiter: ({ has }) => (has('py-softfilelock') ? pythonParty('SoftFileLock') : undefined),
    poll: 50,
    samples: 3,
  },
  'proper-lockfile, retries: 10': {
    holder: create,
    waiter: ({ has }) => (has('npm-proper') ? nodeParty('npm-proper') : undefined),
    poll: 1000,
    samples: 1,
  },
  'lockfile -1 of procmail': {
    holder: create,
    waiter: ({ has }) => (has('procmail') ? nodeParty('ends', 'lockfile', '-1', '{}') : undefined),
    poll: 1000,
    samples: 1,
  },
};

export const existence = {
  name: 'existence',
  what: 'a holder lets go by removing the file, and a waiter holds',
  peers: ['npm-lockfile', 'npm-proper', 'py-link', 'py-softfilelock', 'procmail'],
  run: (bench) =>
    handOffs(bench, {
      title: 'hand-off of an existence lock, held by a file in C',
      base: C,
      pairs: PAIRS,
      goals: [
        { of: PROMISE, to: C, atMost: 1.8 },
        { of: NPM, to: PROMISE, atLeast: 200 },
        { of: PYTHON, to: PROMISE, atLeast: 200 },
        { of: FILELOCK, to: PROMISE, atLeast: 200 },
      ],
    }),
};
