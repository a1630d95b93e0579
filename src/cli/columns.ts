// Rows in columns for a terminal, in time linear in their number (10,000 locks are listed in a
// second; a table that draws cells over several rows takes eight).

import stringWidth from 'string-width';

// Nearly every cell is plain ASCII, whose width needs no table of the world's scripts.
function widthOf(cell: string): number {
  return /^[ -~…]*$/.test(cell) ? cell.length : stringWidth(cell);
}

/** Lines whose columns start below each other; colours and wide characters are reckoned with. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell));
  const pad = (cell: string, at: number): string =>
    cell + ' '.repeat((widths[at] ?? 0) - widthOf(cell));
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

/** The line, cut with an ellipsis where it is wider than `width`. */
export function fit(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  let kept = '';
  for (const letter of line) {
    if (stringWidth(kept + letter) > width - 1) break;
    kept += letter;
  }
  return `${kept}…`;
}

/** The line in pieces of at most `width`, broken at spaces; all but the first begin with `indent`. */
export function wrap(line: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.match(/\S+\s*|\s+/g) ?? []) {
    if (current.trim() !== '' && widthOf(current + word.trimEnd()) > width) {
      lines.push(current.trimEnd());
      current = indent;
    }
    current += word;
  }
  return [...lines, current.trimEnd()].map((one) => fit(one, width));
}
