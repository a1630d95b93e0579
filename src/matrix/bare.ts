// The frame of a table without rules, for cli-table3, which draws one around every cell by default.

type Frame = Record<(typeof PARTS)[number] | 'middle', string>;

const PARTS = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
] as const;

/** Columns with `gap` between them and nothing else. */
export function bare(gap: string): Frame {
  const nothing = Object.fromEntries(PARTS.map((part) => [part, '']));
  return { ...nothing, middle: gap } as Frame;
}
