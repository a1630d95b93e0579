// The core demand, measured: every lock program of this machine against every other one, with real
// processes. The matrix runs once; each test is one proposition about it.

import { beforeAll, describe, expect, it } from 'vitest';
import { requirePeers } from '../../dist/env.js';
import { markdown } from '../../dist/matrix/markdown.js';
import { EXCEPTIONS } from '../../dist/matrix/exceptions.js';
import { render } from '../../dist/matrix/render.js';
import { RULES, violations } from '../../dist/matrix/check.js';
import { detectPeers, runMatrix } from '../../dist/matrix/run.js';
import type { Cell, MatrixResult } from '../../dist/matrix/types.js';
import { peers } from '../../dist/peers/index.js';

const infos = await detectPeers(peers);
const available = infos.filter((info) => info.available).map(({ id }) => id);
const missing = infos.filter((info) => !info.available);

let result: MatrixResult;

beforeAll(async () => {
  result = await runMatrix({ peers });
}, 600_000);

const has = (...ids: string[]): boolean => ids.every((id) => available.includes(id));

function cell(holder: string, taker: string): Cell {
  const found = result.cells.find((one) => one.holder === holder && one.taker === taker);
  if (found === undefined) throw new Error(`no cell for ${holder} and ${taker}`);
  return found;
}

describe('peers', () => {
  for (const { id, reason = '' } of missing) {
    if (requirePeers())
      it(`${id} is available`, () => {
        expect.unreachable(reason);
      });
    else it.skip(`${id} takes part (${reason})`, () => undefined);
  }

  it('each available one is in every row and column', () => {
    const pairs = available.flatMap((holder) => available.map((taker) => `${holder} ${taker}`));
    expect(result.cells.map(({ holder, taker }) => `${holder} ${taker}`)).toEqual(pairs);
  });
});

describe('what lockbridge promises', () => {
  for (const { id, proposition } of RULES)
    it(proposition, () => {
      expect(violations(result, id)).toEqual([]);
    });

  it('a rule notices when it is broken', () => {
    const broken = structuredClone(result);
    for (const one of broken.cells) {
      one.whileHeld = { outcome: 'acquired', unmeasured: true };
      one.afterRelease = { outcome: 'refused' };
      one.afterKill = { outcome: 'error', inspect: { verdict: 'held' } };
    }
    for (const { id } of RULES) expect(violations(broken, id), id).not.toEqual([]);
  });
});

/** [holder, taker, what happens while the holder holds] as everybody can find in the manuals. */
const FACTS: [string, string, Cell['whileHeld']['outcome']][] = [
  ['procmail', 'flock', 'acquired'],
  ['npm-lockfile', 'flock', 'acquired'],
  ['npm-lockfile', 'py-lockf', 'acquired'],
  ['flock', 'py-lockf', 'acquired'],
  ['py-lockf', 'flock-fd', 'acquired'],
  ['py-symlink', 'dotlockfile', 'acquired'],
  ['mkdir', 'flock', 'acquired'],
  ['ln-symlink', 'dotlockfile', 'acquired'],
  ['ln-symlink', 'lockfile-create', 'acquired'],
  ['ln-symlink', 'lockfile-simple', 'acquired'],
  ['tcl-excl', 'perl-flock', 'acquired'],
  ['setlock', 'with-lock-ex', 'acquired'],
  ['with-lock-ex', 'flock', 'acquired'],
  ['procmail', 'py-link', 'refused'],
  ['dotlockfile', 'lockfile-create', 'refused'],
  ['lockfile-simple', 'dotlockfile', 'refused'],
  ['tcl-excl', 'noclobber', 'refused'],
  ['ln-symlink', 'tcl-excl', 'refused'],
  ['setlock', 'chpst', 'refused'],
  ['chpst', 'flock', 'refused'],
  ['with-lock-ex', 'py-lockf', 'refused'],
  ['py-lockf', 'with-lock-ex', 'refused'],
  ['perl-flock', 'php-flock', 'refused'],
  ['php-flock', 'ruby-flock', 'refused'],
  ['ruby-flock', 'py-flock', 'refused'],
  ['py-mkdir', 'npm-proper', 'refused'],
  ['py-filelock', 'py-softfilelock', 'refused'],
  ['py-softfilelock', 'py-filelock', 'acquired'],
  ['py-softfilelock', 'procmail', 'refused'],
  ['procmail', 'py-zc-lockfile', 'acquired'],
  ['py-filelock', 'flock', 'refused'],
  ['flock', 'py-filelock', 'refused'],
  ['py-portalocker', 'py-zc-lockfile', 'refused'],
  ['py-zc-lockfile', 'py-portalocker', 'refused'],
  ['npm-fs-ext', 'flock', 'refused'],
  ['flock', 'npm-fs-ext', 'refused'],
  ['py-fasteners', 'py-filelock', 'acquired'],
  ['py-fasteners', 'npm-os-lock', 'refused'],
  ['npm-os-lock', 'npm-fd-lock', 'refused'],
  ['npm-fd-lock', 'py-fasteners', 'refused'],
  ['npm-fd-lock', 'npm-fs-ext', 'acquired'],
  ['flock', 'procmail', 'refused'],
  ['flock', 'py-flock', 'refused'],
  ['balena-supervisor', 'procmail', 'refused'],
  ['npm-lockfile', 'balena-supervisor', 'refused'],
  ['balena-supervisor', 'helios', 'refused'],
  ['helios', 'balena-supervisor', 'refused'],
  ['helios', 'helios', 'refused'],
  ['helios', 'flock', 'refused'],
  ['helios', 'py-lockf', 'acquired'],
  ['flock', 'helios', 'refused'],
  ['mkdir', 'helios', 'error'],
  ['go-excl', 'rust-excl', 'refused'],
  ['rust-excl', 'java-excl', 'refused'],
  ['java-excl', 'procmail', 'refused'],
  ['java-excl', 'flock', 'acquired'],
  ['go-flock', 'rust-std', 'refused'],
  ['rust-std', 'rust-fs4', 'refused'],
  ['rust-fs4', 'flock', 'refused'],
  ['go-flock', 'go-excl', 'refused'],
  ['java-lock', 'py-lockf', 'refused'],
  ['java-lock', 'go-flock', 'acquired'],
  ['rust-std', 'java-lock', 'acquired'],
  ['flock-shared', 'flock-shared', 'shared'],
  ['flock-shared', 'flock', 'refused'],
];

describe('what strangers do to each other', () => {
  for (const [holder, taker, outcome] of FACTS)
    it.skipIf(!has(holder, taker))(`${taker} is ${outcome} while ${holder} holds`, () => {
      expect(cell(holder, taker).whileHeld.outcome).toBe(outcome);
    });

  it.skipIf(!has('flock', 'procmail'))('a finished flock blocks procmail for ever', () => {
    expect(cell('flock', 'procmail').afterRelease.outcome).toBe('refused');
  });

  it.skipIf(!has('procmail', 'npm-lockfile'))('a crashed procmail blocks npm lockfile', () => {
    expect(cell('procmail', 'npm-lockfile').afterKill.outcome).toBe('refused');
  });

  it.skipIf(!has('py-filelock', 'py-softfilelock'))(
    'a finished FileLock blocks the SoftFileLock of the same package for ever',
    () => {
      expect(cell('py-filelock', 'py-softfilelock').afterRelease.outcome).toBe('refused');
    },
  );

  it.skipIf(!has('py-softfilelock', 'py-excl'))(
    'only its like clears a crashed SoftFileLock',
    () => {
      const takers = ['py-excl', 'py-softfilelock'].map((taker) => cell('py-softfilelock', taker));
      expect(takers.map(({ afterKill }) => afterKill.outcome)).toEqual(['refused', 'taken']);
    },
  );

  it.skipIf(!has('py-zc-lockfile'))(
    'the pid in what a crashed zc.lockfile left is proof enough for lockbridge',
    () => {
      expect(cell('py-zc-lockfile', 'lockbridge').afterKill.outcome).toBe('taken');
      expect(cell('py-zc-lockfile', 'lockbridge').afterRelease.outcome).toBe('undecidable');
    },
  );

  it.skipIf(!has('flock', 'py-flock'))('a crashed flock blocks no other flock', () => {
    expect(cell('flock', 'py-flock').afterKill.outcome).toBe('taken');
  });
});

describe('renderings', () => {
  it('fit into 120 columns of a terminal and carry no colour unless asked', () => {
    const text = render(result);
    expect(text).not.toContain('\u001B');
    expect(text.split('\n').filter((line) => [...line].length > 120)).toEqual([]);
  });

  it('are a Markdown document with one table for each phase', () => {
    const text = markdown(result, 'lockbridge matrix --markdown');
    expect(text.match(/^\| holder/gm)).toHaveLength(3);
  });

  it('name every program that breaks a promise and every one that has no row', () => {
    const text = markdown(result, 'lockbridge matrix --markdown');
    const lines = text.split('\n');
    for (const { program, reason } of EXCEPTIONS)
      expect(
        lines.filter((line) => line.includes(program) && line.includes(reason)),
        program,
      ).toHaveLength(1);
  });
});
