// An entry of the journal for people: one line, on a terminal one that is wrapped.

import { basename } from 'node:path';
import type { WriteStream } from 'node:tty';
import { printable } from '../printable.js';
import type { JournalEntry } from '../supervisor/types.js';
import { wrap } from './columns.js';

const MOST = 1000;
/** Where the text begins: wrapped lines go on below it. */
const INDENT = ' '.repeat(40);

/** The entry for `out`: lines that fit a terminal, else a single one. */
export function entryText(entry: JournalEntry, out: WriteStream): string {
  const line = entryLine(entry);
  const width = out.columns || 80;
  const lines = out.isTTY ? wrap(line, width, width < 80 ? '    ' : INDENT) : [line];
  return lines.map((one) => `${one}\n`).join('');
}

/** When, about what, and what happened. A lock of a named service goes by its file's name alone. */
function entryLine({ at, kind, app, service, path, text, who }: JournalEntry): string {
  const about = [app, service].filter((part) => part !== undefined).join('/');
  const by = who === undefined || text.includes(who) ? '' : ` (${printable(who)})`;
  const short =
    path === undefined || service === undefined
      ? text
      : text.replaceAll(`'${path}'`, basename(path));
  return `${at}  ${kind.padEnd(12)}  ${about === '' ? '' : `${printable(about)}: `}${printable(short, MOST)}${by}`;
}
