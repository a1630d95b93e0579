// The matrix for a terminal: one row for each holder, one column for each taker, three signs a cell.

import Table from 'cli-table3';
import picocolors from 'picocolors';
import { bare } from './bare.js';
import { LEGEND, signs, totals, type Tone } from './summary.js';
import type { MatrixResult } from './types.js';

export interface RenderOptions {
  color?: boolean;
}

const WIDTH = 120;
const HEAD = 'holder \\ taker';
const CELL = 4; // three signs and the gap

interface Paints {
  readonly bold: (text: string) => string;
  readonly paint: Record<Tone, (text: string) => string>;
}

interface Numbered {
  readonly id: string;
  readonly at: number;
}

const numbered = ({ peers }: MatrixResult): Numbered[] =>
  peers.filter(({ available }) => available).map(({ id }, at) => ({ id, at }));

/** `all` in as few pieces of at most `room` as there can be, all of about the same size. */
function pieces<Item>(all: readonly Item[], room: number): Item[][] {
  const count = Math.ceil(all.length / room);
  const size = Math.ceil(all.length / count);
  return Array.from({ length: count }, (_, at) => all.slice(at * size, (at + 1) * size));
}

/** Some columns of the matrix: more takers than WIDTH has room for go into tables of their own. */
function block(result: MatrixResult, takers: readonly Numbered[], paints: Paints): string {
  const { bold, paint } = paints;
  const table = new Table({
    head: ['', HEAD, ...takers.map(({ at }) => bold(String(at + 1)))],
    chars: bare(' '),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: ['right', 'left', ...takers.map(() => 'center' as const)],
  });
  for (const { id, at } of numbered(result)) {
    const cells = result.cells.filter(({ holder }) => holder === id);
    const row = takers.map((taker) => {
      const cell = cells.find((one) => one.taker === taker.id);
      const shown = cell === undefined ? [] : signs(cell);
      return shown.map(({ sign, tone }) => paint[tone](sign)).join('');
    });
    table.push([bold(String(at + 1)), id, ...row]);
  }
  return table.toString();
}

/** The tables, their legend and the totals, as text that ends without a newline. */
export function render(result: MatrixResult, { color = false }: RenderOptions = {}): string {
  const { bold, dim, green, red, yellow } = picocolors.createColors(color);
  const paints: Paints = { bold, paint: { good: green, bad: red, unsure: yellow } };
  const takers = numbered(result);
  const names = Math.max(HEAD.length, ...takers.map(({ id }) => id.length));
  const room = Math.floor((WIDTH - 3 - names) / CELL);
  const missing = result.peers
    .filter(({ available }) => !available)
    .map(({ id, reason = 'unknown reason' }) => `not available: ${id}: ${reason}`)
    .map((line) => yellow(line.replaceAll('\n', ' ').slice(0, WIDTH)));
  return [
    'Three signs a cell: while held, after a clean release, after SIGKILL of the holder.',
    '',
    ...pieces(takers, room).flatMap((some) => [block(result, some, paints), '']),
    ...LEGEND.map((line) => dim(line)),
    '',
    ...missing,
    ...totals(result).map((line) => bold(line)),
    dim(`${String(result.seconds)} s`),
  ].join('\n');
}
