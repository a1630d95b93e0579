// Rows in columns for a terminal, in time linear in their number (a table that draws cells over several
// rows takes eight seconds for 10,000 of them).

/** How many columns of a terminal a text takes. */
export type Width = (cell: string) => number;

/** Whether every character takes one column. Nearly every cell does, and needs no table of the world's scripts. */
export function isNarrow(cell: string): boolean {
  return /^[ -~…]*$/.test(cell);
}

/** Lines whose columns start below each other. */
export function table(rows: readonly (readonly string[])[], width: Width): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, width(cell));
  const pad = (cell: string, at: number): string =>
    cell + ' '.repeat((widths[at] ?? 0) - width(cell));
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
