// Who can contend, in which field, and as which command.
//
// Two fields, because a path cannot serve both families without somebody who watches it: what
// flock(1) leaves behind looks like a live existence lock, and blocks for good (docs/protocol.md). In
// `kernel` lockbridge therefore counts empty, unlocked files as nobody's; in `existence` it does not.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peers } from '../../dist/peers/index.js';
import { speak } from './languages.mjs';
import { python as findPython, pythonDir } from '../../dist/peers/python.js';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const NODE = process.execPath;
const PYTHON = await findPython();
const SECTION = here('contenders/section.pl');
const SCRIPT = here('contenders/contender.py');
const CLI = here('../../dist/bin.cjs');
const lockPath = (dir) => join(dir, 'updates.lock');

/** For Python: lockbridge as in this checkout, and the peers' packages. */
export const ENV = {
  PYTHONPATH: `${here('../../python-compat/src')}:${pythonDir()}`,
  PYTHONDONTWRITEBYTECODE: '1',
};

// `argv` gets { root, dir, id, seed, empty }. `once`: one entry, then it ends.
const node = (how) => ({
  argv: ({ dir, id, seed, empty }) => [
    NODE,
    here('contenders/lockbridge.mjs'),
    ...[dir, id, seed, how, empty],
  ],
});
const python = (how) => ({
  argv: ({ dir, id, seed, empty }) => [PYTHON, SCRIPT, dir, id, seed, how, empty],
});
const command = (...words) => ({
  once: true,
  argv: ({ dir, id, seed, empty }) => [
    ...words,
    ...['run', lockPath(dir), '--empty', empty, '--', 'perl', SECTION, dir, id, seed],
  ],
});

const ours = {
  lockbridge: node('wait'),
  'lockbridge-try': node('try'),
  'lockbridge-py': python('lockbridge'),
  'lockbridge-cli': command(NODE, CLI),
  'lockbridge-py-cli': command(PYTHON, '-m', 'lockbridge'),
  'lockbridge-supervisor': {
    argv: ({ root, dir, id, seed, empty }) => [
      NODE,
      here('contenders/supervisor.mjs'),
      ...[root, dir, id, seed, empty],
    ],
  },
};

const kernel = {
  flock: {
    once: true,
    argv: ({ dir, id, seed }) => ['flock', lockPath(dir), ...['perl', SECTION, dir, id, seed]],
  },
  'perl-flock': { argv: ({ dir, id, seed }) => ['perl', SECTION, dir, id, seed, 'flock'] },
  'py-flock': python('flock'),
  'py-lockf': python('lockf'),
  'php-flock': { language: 'php', how: 'flock' },
  'ruby-flock': { language: 'ruby', how: 'flock' },
  'go-flock': { language: 'go', how: 'flock' },
  'rust-lock': { language: 'rust', how: 'flock' },
  'java-lock': { language: 'java', how: 'lock' },
};

const session = (name) => ({
  argv: ({ dir, id, seed }) => [NODE, here('contenders/session.mjs'), dir, id, seed, name],
});

const existence = {
  ...Object.fromEntries(
    ['procmail', 'npm-lockfile', 'py-link', 'mkdir'].map((name) => [name, session(name)]),
  ),
  'go-create': { language: 'go', how: 'create' },
  'rust-create': { language: 'rust', how: 'create' },
  'java-create': { language: 'java', how: 'create' },
};

/** Takes no lock and counts as lockbridge: a run with it has to fail. */
const CONTROL = 'lockbridge-unlocked';

/** Without --peers. */
export const DEFAULT = [ours, kernel, existence].flatMap((some) => Object.keys(some));

function contender(name) {
  if (name === CONTROL) return { name, family: 'bridge', ...node('unlocked') };
  if (name in ours) return { name, family: 'bridge', ...ours[name] };
  if (name in kernel) return { name, family: 'kernel', ...kernel[name] };
  if (name in existence) return { name, family: 'existence', ...existence[name] };
  const known = peers.find(({ id, family }) => id === name && family === 'existence');
  return known && { name, family: 'existence', ...session(name) };
}

/** As it can be run; or the reason why it cannot. */
async function ready(one, workshop) {
  if (one.language === undefined) {
    const detection = await peers.find(({ id }) => id === one.name)?.detect();
    return detection?.available === false ? { reason: detection.reason } : one;
  }
  const { reason, command } = speak(one.language, workshop);
  if (reason !== undefined) return { reason };
  return { ...one, argv: ({ dir, id, seed }) => [...command, dir, id, seed, one.how] };
}

/**
 * The contenders of these names; what is not to be had is in `missing` with its reason. What has to
 * be compiled is put into the directory `workshop`.
 */
export async function enlist(names, workshop) {
  const found = [];
  const missing = [];
  for (const name of names) {
    const one = contender(name);
    if (one === undefined) throw new Error(`--peers: no contender '${name}'`);
    const { reason, ...got } = await ready(one, workshop);
    if (reason === undefined) found.push(got);
    else missing.push(`${name}: ${reason}`);
  }
  return { found, missing };
}
