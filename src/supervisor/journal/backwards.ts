// The lines of a file, the last one first, without reading more of it than is asked for.

import type { FileHandle } from 'node:fs/promises';

const CHUNK = 65_536;

/** Yields complete lines and the unfinished last one; a line of more than `most` bytes is left out. */
export async function* linesBackwards(
  handle: FileHandle,
  size: number,
  most: number,
): AsyncGenerator<string, void, void> {
  let rest = Buffer.alloc(0); // the beginning of it may lie in the chunk before
  let over = false; // it is too long already: its bytes are not kept
  const line = (head: Buffer): string | undefined => {
    const length = head.length + rest.length;
    return over || length === 0 || length > most
      ? undefined
      : Buffer.concat([head, rest]).toString('utf8');
  };
  for (let end = size; end > 0; end -= CHUNK) {
    const start = Math.max(0, end - CHUNK);
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(end - start),
      0,
      end - start,
      start,
    );
    let chunk = buffer.subarray(0, bytesRead);
    for (let cut = chunk.lastIndexOf(0x0a); cut !== -1; cut = chunk.lastIndexOf(0x0a)) {
      const found = line(chunk.subarray(cut + 1));
      if (found !== undefined) yield found;
      chunk = chunk.subarray(0, cut);
      rest = Buffer.alloc(0);
      over = false;
    }
    over ||= chunk.length + rest.length > most;
    rest = over ? Buffer.alloc(0) : Buffer.concat([chunk, rest]);
  }
  const first = line(Buffer.alloc(0));
  if (first !== undefined) yield first;
}
