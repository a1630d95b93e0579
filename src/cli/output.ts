// What the commands share in printing: errors in one line, JSON, and the text of an inspection.

import { isatty } from 'node:tty';
import picocolors from 'picocolors';
import { EXIT, LockError } from '../errors.js';
import { wayOut } from '../inspect/actions.js';
import type { Inspection } from '../inspect/types.js';
import { describe } from '../lock/blocked.js';

/** Prints an error as one line and gives its exit code. A bug of ours keeps its stack. */
export function complain(error: unknown): number {
  if (LockError.is(error)) {
    process.stderr.write(`lockbridge: ${error.message}\n`);
    if (error.code === 'ERR_INVALID_ARGUMENT') process.stderr.write('Try `lockbridge --help`.\n');
    return error.exitCode;
  }
  if (error instanceof Error && error.name === 'YError') {
    process.stderr.write(`lockbridge: ${error.message}\nTry \`lockbridge --help\`.\n`);
    return EXIT.usage;
  }
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.osError;
}

/** Whether stdout is a terminal that shows colours, and nobody asked for none (NO_COLOR). */
export function inColor(): boolean {
  // Asked apart, because picocolors is in colour under CI whatever it writes to.
  return isatty(1) && picocolors.isColorSupported;
}

/** One line on stderr. */
export function warn(text: string): void {
  process.stderr.write(`lockbridge: ${text}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Says once per state of affairs whom a command waits for, on stderr. */
export function announceWait(blocker: Inspection): void {
  process.stderr.write(`lockbridge: waiting: ${describe(blocker)}\n`);
  if (blocker.by === 'undecidable') process.stderr.write(`lockbridge: ${wayOut(blocker)}\n`);
}
