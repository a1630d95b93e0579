// An entry of the journal as one line for people.

import { basename } from 'node:path';
import { printable } from '../printable.js';
import type { JournalEntry } from '../supervisor/types.js';

const MOST = 1000;

/** When, about what, and what happened. A lock of a named service goes by its file's name alone. */
export function entryLine({ at, kind, app, service, path, text, who }: JournalEntry): string {
  const about = [app, service].filter((part) => part !== undefined).join('/');
  const by = who === undefined || text.includes(who) ? '' : ` (${printable(who)})`;
  const short =
    path === undefined || service === undefined
      ? text
      : text.replaceAll(`'${path}'`, basename(path));
  return `${at}  ${kind.padEnd(12)}  ${about === '' ? '' : `${printable(about)}: `}${printable(short, MOST)}${by}`;
}
