// Rows in columns for a terminal, in time linear in their number (a table that draws cells over several
// rows takes eight seconds for 10,000 of them).

/** How many columns of a terminal a text takes. */
export type Width = (cell: string) => number;

/** Whether every character takes one column. Nearly all do, and need no table of the world's scripts. */
export function isNarrow(text: string): boolean {
  return /^[ -~…]*$/.test(text);
}

/** Lines whose columns start below each other. */
export function table(rows: readonly (readonly string[])[], width: Width): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (let at = 0; at < row.length; at++)
      widths[at] = Math.max(widths[at] ?? 0, width(row[at] ?? ''));
  return rows.map((row) => {
    let line = '';
    for (let at = 0, gap = 0; at < row.length; at++) {
      const cell = row[at] ?? '';
      line += ' '.repeat(gap) + cell;
      gap = (widths[at] ?? 0) - width(cell) + 2;
    }
    return line.trimEnd();
  });
}
