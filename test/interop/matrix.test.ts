// The core demand, measured: every lock program of this machine against every other one, with real
// processes. The matrix runs once; each test is one proposition about it.

import { beforeAll, describe, expect, it } from 'vitest';
import { requirePeers } from '../../dist/env.js';
import { markdown } from '../../dist/matrix/markdown.js';
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
}, 180_000);

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
  ['procmail', 'py-link', 'refused'],
  ['py-mkdir', 'npm-proper', 'refused'],
  ['flock', 'procmail', 'refused'],
  ['flock', 'py-flock', 'refused'],
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
});
