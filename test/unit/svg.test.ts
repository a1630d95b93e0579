// The picture of a matrix: well formed, on its own, and of every cell the right sign.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { svg } from '../../src/matrix/svg.js';
import type { Cell, MatrixResult, PeerInfo } from '../../src/matrix/types.js';

const peer = (id: string, family: PeerInfo['family'], mechanism: string): PeerInfo => ({
  id,
  name: id,
  mechanism,
  family,
  shared: false,
  writes: false,
  available: true,
});

const PEERS = [
  peer('excl', 'existence', 'exclusive create'),
  peer('<mk&dir>', 'existence', 'mkdir'),
  peer('flock', 'kernel', 'flock'),
  peer('ours', 'bridge', 'O_EXCL + flock + OFD'),
];

function outcomeOf(holder: PeerInfo, taker: PeerInfo): Cell['whileHeld']['outcome'] {
  if (holder.family === 'bridge' || taker.family === 'bridge') return 'refused';
  if (holder.mechanism === 'mkdir' && taker.family === 'kernel') return 'error';
  return holder.family === 'existence' && taker.family === 'kernel' ? 'acquired' : 'refused';
}

const RESULT: MatrixResult = {
  peers: [...PEERS, { ...peer('missing', 'kernel', 'flock'), available: false }],
  cells: PEERS.flatMap((holder) =>
    PEERS.map((taker) => ({
      holder: holder.id,
      taker: taker.id,
      whileHeld: { outcome: outcomeOf(holder, taker) },
      afterRelease: { outcome: 'taken' as const },
      afterKill: { outcome: 'taken' as const, inspect: { verdict: 'free' as const } },
    })),
  ),
  seconds: 1,
};

// What a parser of XML makes of it: the elements, and the text of title and description.
function parsed(text: string): { names: string[]; title: string; desc: string } {
  const script = `import sys, json, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
name = lambda one: one.tag.split('}')[1]
said = {name(one): one.text for one in root}
print(json.dumps({'names': [name(one) for one in root.iter()], **{k: said[k] for k in ('title', 'desc')}}))`;
  const { stdout, stderr } = spawnSync('python3', ['-c', script], {
    input: text,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as ReturnType<typeof parsed>;
}

const squares = (text: string, look: string): number =>
  [...text.matchAll(new RegExp(`<path class="${look}" d="([^"]*)"`, 'g'))].reduce(
    (sum, [, path = '']) => sum + path.split('M').length - 1,
    0,
  );

it('draws every cell once, and each look once more in the legend', () => {
  const text = svg(RESULT);
  expect(squares(text, 'refused')).toBe(14 + 1);
  expect(squares(text, 'both')).toBe(1 + 1);
  expect(squares(text, 'cross')).toBe(1 + 1);
  expect(squares(text, 'error')).toBe(1 + 1);
});

it('says in words what it shows', () => {
  const { title, desc } = parsed(svg(RESULT));
  expect(title).toBe('Who respects whose lock');
  expect(desc).toContain('file exists holds, flock tries: 1 of 1.');
  expect(desc).toContain('directory: <mk&dir>');
  expect(desc).toContain('in 1 of 9 pairs');
  expect(desc).toContain('in 0 of 7 pairs');
  expect(desc).not.toContain('missing');
});

it.each([
  ['a matrix', () => svg(RESULT)],
  ['a matrix of nobody', () => svg({ peers: [], cells: [], seconds: 0 })],
  [
    'docs/matrix.svg',
    () => readFileSync(new URL('../../docs/matrix.svg', import.meta.url), 'utf8'),
  ],
])('needs nothing from elsewhere: %s', (_, make) => {
  const text = make();
  const { names } = parsed(text);
  expect(new Set(names)).not.toContain('script');
  expect(text).not.toMatch(/href|@import|url\(|(?<!xmlns=")http/);
  expect(text).toMatch(/prefers-color-scheme:dark/);
});
