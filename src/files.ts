// Files of our own (state, history, keys, configuration), read and written whole.
//
// Guarantee: a file that was saved is there after power loss, old or new, never in part. Reading never
// hangs on a FIFO and never reads more than it was told.
// Not protected: a directory that somebody else may write to; whoever saves there checks that first.

import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW, O_DIRECTORY } = constants;

/** The text of a regular file of at most `most` bytes, and what it is. */
export interface Whole {
  text: string;
  stats: Stats;
}

/**
 * Reads a regular file; undefined if nothing is there. `follow`: it may be a symbolic link. Throws
 * Node's own error if it cannot be read, and an Error that says why if it is not such a file.
 */
export function readWhole(file: string, most: number, follow: boolean): Whole | undefined {
  let fd: number;
  try {
    fd = openSync(file, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new Error('it is not a regular file');
    const buffer = Buffer.alloc(Math.min(stats.size, most) + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got)
      got = readSync(fd, buffer, length, buffer.length - length, length);
    if (length > most) throw new Error(`it is longer than ${String(most)} bytes`);
    return { text: buffer.toString('utf8', 0, length), stats };
  } finally {
    closeSync(fd);
  }
}

/** Replaces a file whole, durably. Throws Node's own error; then the old one is still there. */
export function saveWhole(file: string, text: string, mode: number): void {
  writeFileAtomic.sync(file, '', {
    mode,
    // The library does not notice a short write, as a full disk makes; this one writes all or throws.
    tmpfileCreated: (temporary) => {
      writeFileSync(temporary, text);
    },
  });
  const dir = openSync(dirname(file), O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(dir); // or a power cut could bring the old name back
  } finally {
    closeSync(dir);
  }
}

/** What went wrong, in a few words: `EACCES`, or the text of an error of ours. */
export function whyOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? (error instanceof Error ? error.message : String(error));
}
