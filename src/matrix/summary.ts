// What both renderings say of a matrix: one sign for each answer, and the counts below the table.

import { sides, violations } from './check.js';
import type { Cell, MatrixResult } from './types.js';

export type Tone = 'good' | 'bad' | 'unsure';

export interface Sign {
  sign: string;
  tone: Tone;
}

const GOOD: Sign = { sign: '✓', tone: 'good' };
const BAD: Sign = { sign: '✗', tone: 'bad' };
const ERROR: Sign = { sign: 'E', tone: 'unsure' };
const UNSURE: Sign = { sign: '?', tone: 'unsure' };

const HELD: Record<Cell['whileHeld']['outcome'], Sign> = {
  refused: GOOD,
  acquired: BAD,
  shared: { sign: 's', tone: 'good' },
  error: ERROR,
};
const AFTERWARDS: Record<Cell['afterRelease']['outcome'], Sign> = {
  taken: GOOD,
  refused: BAD,
  undecidable: UNSURE,
  error: ERROR,
};

/** The three signs of a cell: while held, after release, after SIGKILL. */
export function signs({ whileHeld, afterRelease, afterKill }: Cell): [Sign, Sign, Sign] {
  return [HELD[whileHeld.outcome], AFTERWARDS[afterRelease.outcome], AFTERWARDS[afterKill.outcome]];
}

export const LEGEND: readonly string[] = [
  'while held:     ✓ refused   ✗ both hold the lock   s both hold a shared lock   E hard error',
  'after release:  ✓ taken     ✗ blocked by what was left behind   ? undecidable   E hard error',
  'after SIGKILL:  ✓ taken     ✗ blocked until somebody removes it   ? undecidable   E hard error',
];

const count = (n: number, one: string, many: string): string =>
  `${String(n)} ${n === 1 ? one : many}`;

/** The lines that a person reads first. */
export function totals(result: MatrixResult): string[] {
  const all = sides(result);
  const strangers = all.filter(
    ({ holder, taker }) => holder.family !== 'bridge' && taker.family !== 'bridge',
  );
  const both = strangers.filter(({ cell }) => cell.whileHeld.outcome === 'acquired').length;
  const lines = [
    `${count(both, 'cell', 'cells')} of ${String(strangers.length)} where two strangers both hold the lock`,
  ];
  const own = all.length - strangers.length;
  if (own > 0) {
    const broken = violations(result).length;
    lines.push(
      `lockbridge: ${count(broken, 'violation', 'violations')} in ${count(own, 'cell', 'cells')}`,
    );
  }
  return lines;
}
