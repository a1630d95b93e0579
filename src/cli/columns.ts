// Text as wide as a terminal shows it: colours and wide characters are reckoned with.

import stringWidth from 'string-width';
import { isNarrow, table } from './table.js';

/** How many columns of a terminal the text takes. */
export function widthOf(cell: string): number {
  return isNarrow(cell) ? cell.length : stringWidth(cell);
}

/** Lines whose columns start below each other. */
export function columns(rows: readonly (readonly string[])[]): string {
  return table(rows, widthOf).join('\n');
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
