// An entry of the journal as one line for people.

import { printable } from '../printable.js';
import type { JournalEntry } from '../supervisor/types.js';

/** When, about what, and what happened. */
export function entryLine({ at, kind, app, service, text, who }: JournalEntry): string {
  const about = [app, service].filter((part) => part !== undefined).join('/');
  const by = who === undefined || text.includes(who) ? '' : ` (${printable(who)})`;
  return `${at}  ${kind.padEnd(12)}  ${about === '' ? '' : `${printable(about)}: `}${printable(text)}${by}`;
}
