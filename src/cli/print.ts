// The answer on stdout, written at once and without Node's streams: to set up `process.stdout` costs a
// tenth of Node's whole start.
//
// Guarantee: everything is written, or the process ends with a message and the exit code of a
// failure, because 1 would mean that the lock is held. A reader that has gone (`| head`) has read
// enough.

import { writeSync } from 'node:fs';
import { EXIT } from '../errors.js';

/** Writes the text to stdout. */
export function print(text: string): void {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch (error) {
    // Somebody has made the pipe non-blocking, and it is full: the stream waits for its reader.
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') guardedStdout().write(rest);
    else failed(error as NodeJS.ErrnoException);
  }
}

/** The stream, for those that need it: asynchronously it gives the same guarantee. */
export function guardedStdout(): NodeJS.WriteStream {
  return process.stdout.off('error', failed).on('error', failed);
}

function failed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`lockbridge: cannot write the answer: ${error.code ?? error.message}\n`);
  process.exit(EXIT.osError);
}
