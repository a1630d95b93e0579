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

/** The table, its legend and the totals, as text that ends without a newline. */
export function render(result: MatrixResult, { color = false }: RenderOptions = {}): string {
  const { bold, dim, green, red, yellow } = picocolors.createColors(color);
  const paint: Record<Tone, (text: string) => string> = { good: green, bad: red, unsure: yellow };
  const shown = result.peers.filter(({ available }) => available);
  const table = new Table({
    head: ['', 'holder \\ taker', ...shown.map((_, at) => bold(String(at + 1)))],
    chars: bare(' '), // eighteen columns have to fit into WIDTH
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: ['right', 'left', ...shown.map(() => 'center' as const)],
  });
  for (const [at, holder] of shown.entries()) {
    const row = result.cells
      .filter((cell) => cell.holder === holder.id)
      .map((cell) =>
        signs(cell)
          .map(({ sign, tone }) => paint[tone](sign))
          .join(''),
      );
    table.push([bold(String(at + 1)), holder.id, ...row]);
  }
  const missing = result.peers
    .filter(({ available }) => !available)
    .map(({ id, reason = 'unknown reason' }) => `not available: ${id}: ${reason}`)
    .map((line) => yellow(line.replaceAll('\n', ' ').slice(0, WIDTH)));
  return [
    'Three signs a cell: while held, after a clean release, after SIGKILL of the holder.',
    '',
    table.toString(),
    '',
    ...LEGEND.map((line) => dim(line)),
    '',
    ...missing,
    ...totals(result).map((line) => bold(line)),
    dim(`${String(result.seconds)} s`),
  ].join('\n');
}
