// What the commands share in printing: lines on stderr, JSON, and for whom a command waits.

import { wayOut } from '../inspect/actions.js';
import type { Inspection } from '../inspect/types.js';
import { describe } from '../lock/blocked.js';
import { printableLine } from '../printable.js';
import { print } from './print.js';

/** One line on stderr. */
export function warn(text: string): void {
  process.stderr.write(`lockbridge: ${printableLine(text)}\n`);
}

export function printJson(value: unknown): void {
  print(`${JSON.stringify(value, null, 2)}\n`);
}

/** Says once per state of affairs whom a command waits for, on stderr. */
export function announceWait(blocker: Inspection): void {
  warn(`waiting: ${describe(blocker)}`);
  if (blocker.by === 'undecidable') warn(wayOut(blocker));
}
