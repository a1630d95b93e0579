// Errors as a user meets them: one line, and an exit code.

import { EXIT, LockError } from '../errors.js';
import { printableLines } from '../printable.js';

/** Prints an error as one line and gives its exit code. A bug of ours keeps its stack. */
export function complain(error: unknown): number {
  if (LockError.is(error)) {
    process.stderr.write(`lockbridge: ${printableLines(error.message)}\n`);
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
