// The matrix as a picture for a document: who gets a lock that another one holds.
//
// Guarantee: one file without a script, a font or anything else from elsewhere. Light and dark as the
// reader's screen is; no meaning is in a colour alone (what is wrong has a cross, what fails a frame);
// title and description say the same in words.

import { sides } from './check.js';
import { groups } from './groups.js';
import { axisOf, CELL, type Axis } from './svg-axis.js';
import { STYLE } from './svg-style.js';
import type { Cell, MatrixResult } from './types.js';

const LEFT = 152;
const TOP = 208;
const RIGHT = 96;
const BOTTOM = 12;
const HEAD = 480; // the heading and the legend want that much
const SIZE = CELL - 1;

type Look = 'refused' | 'both' | 'error';
const LOOK: Record<Cell['whileHeld']['outcome'], Look> = {
  refused: 'refused',
  shared: 'refused', // two readers may
  acquired: 'both',
  error: 'error',
};

/** The picture, with a final newline. */
export function svg(result: MatrixResult): string {
  const shown = groups(result.peers.filter(({ available }) => available));
  const axis = axisOf(shown);
  const width = Math.max(LEFT + axis.length + RIGHT, HEAD);
  const height = TOP + axis.length + BOTTOM;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" width="${String(width)}" height="${String(height)}" role="img" aria-labelledby="title desc">`,
    '<title id="title">Who respects whose lock</title>',
    `<desc id="desc">${escaped(described(result, axis))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${String(width)}" height="${String(height)}" rx="6"/>`,
    text(20, 34, 'head', 'Who respects whose lock'),
    ...findings(result).map((line, at) => text(20, 56 + 18 * at, '', line)),
    ...legend(),
    text(LEFT - 8, TOP - 24, 'axis end', 'tries to take it →'),
    text(LEFT - 8, TOP - 9, 'axis end', 'holds the lock ↓'),
    ...labels(axis),
    ...cells(result, axis),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

// What the picture shows, counted.
function findings(result: MatrixResult): string[] {
  const all = sides(result);
  const ours = all.filter(({ holder, taker }) => [holder.family, taker.family].includes('bridge'));
  const strangers = all.filter((one) => !ours.includes(one));
  const count = (some: typeof all): string => {
    const both = some.filter(({ cell }) => cell.whileHeld.outcome === 'acquired').length;
    return `in ${String(both)} of ${String(some.length)} pairs`;
  };
  return [
    `Two strangers both hold the lock ${count(strangers)}.`,
    ...(ours.length > 0 ? [`With lockbridge on either side that happens ${count(ours)}.`] : []),
  ];
}

function legend(): string[] {
  const entries: [Look, number, string][] = [
    ['refused', 20, 'refused, as it should be'],
    ['both', 190, 'both hold the lock'],
    ['error', 330, 'fails with an error'],
  ];
  return entries.flatMap(([look, x, says]) => [
    ...drawn(look, [[x, 87]]),
    text(x + 18, 97, '', says),
  ]);
}

function labels({ peers, groups: parts, length }: Axis): string[] {
  const middle = CELL / 2 + 3;
  return [
    ...peers.flatMap(({ id, family, at }) => {
      const kind = family === 'bridge' ? 'name ours' : 'name';
      const x = LEFT + at + middle;
      return [
        text(LEFT - 8, TOP + at + middle, `${kind} end`, id),
        `<text class="${kind}" transform="translate(${String(x)} ${String(TOP - 6)}) rotate(-90)">${escaped(id)}</text>`,
      ];
    }),
    ...parts.flatMap(({ name, from, to }) => {
      const x = LEFT + length + 6;
      return [
        `<path class="bracket" d="M${String(x)} ${String(TOP + from)}v${String(to - from - 1)}"/>`,
        text(x + 8, TOP + (from + to) / 2 + 4, name === 'lockbridge' ? 'ours' : '', name),
      ];
    }),
  ];
}

function cells({ cells: all }: MatrixResult, { peers }: Axis): string[] {
  const at = new Map(peers.map((peer) => [peer.id, peer.at]));
  const places: Record<Look, [x: number, y: number][]> = { refused: [], both: [], error: [] };
  for (const { holder, taker, whileHeld } of all) {
    const [x, y] = [at.get(taker), at.get(holder)];
    if (x !== undefined && y !== undefined)
      places[LOOK[whileHeld.outcome]].push([LEFT + x, TOP + y]);
  }
  return (Object.keys(places) as Look[]).flatMap((look) => drawn(look, places[look]));
}

// All cells of a look in one path, so that the file stays small.
function drawn(look: Look, places: readonly (readonly [x: number, y: number])[]): string[] {
  if (places.length === 0) return [];
  const square = `h${String(SIZE)}v${String(SIZE)}h-${String(SIZE)}z`;
  const at = places.map(([x, y]) => `M${String(x)} ${String(y)}${square}`);
  const cross = places.map(([x, y]) => `M${String(x + 3)} ${String(y + 3)}l5 5m0-5l-5 5`);
  const inner = places.map(([x, y]) => `M${String(x + 3.5)} ${String(y + 5.5)}h4`);
  return [
    `<path class="${look}" d="${at.join('')}"/>`,
    ...(look === 'both' ? [`<path class="cross" d="${cross.join('')}"/>`] : []),
    ...(look === 'error' ? [`<path class="dash" d="${inner.join('')}"/>`] : []),
  ];
}

function described(result: MatrixResult, { groups: parts }: Axis): string {
  const among = parts.flatMap((holder) =>
    parts.flatMap((taker) => {
      const asked = result.cells.filter(
        (cell) => holder.ids.has(cell.holder) && taker.ids.has(cell.taker),
      );
      const both = asked.filter(({ whileHeld }) => whileHeld.outcome === 'acquired').length;
      return both === 0
        ? []
        : [`${holder.name} holds, ${taker.name} tries: ${String(both)} of ${String(asked.length)}`];
    }),
  );
  const members = parts.map(({ name, ids }) => `${name}: ${[...ids].join(', ')}`);
  return [
    'Each row is a lock program that holds a lock, each column one that tries to take it.',
    ...findings(result),
    `Both hold the lock where ${among.join('; ')}.`,
    `The programs by what their lock is: ${members.join('; ')}.`,
  ].join(' ');
}

function text(x: number, y: number, kind: string, says: string): string {
  const named = kind === '' ? '' : ` class="${kind}"`;
  return `<text${named} x="${String(x)}" y="${String(y)}">${escaped(says)}</text>`;
}

function escaped(said: string): string {
  return said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
