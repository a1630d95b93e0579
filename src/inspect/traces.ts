// What is on disk at a lock path, for the recognisers of src/peers: the look that was made, and on
// demand the other names of its inode and the first names in a directory. Descends nowhere and
// follows nothing, also if the path has become something else since the look.

import { closeSync, constants, openSync } from 'node:fs';
import type { RawLook } from '../native.js';
import { recognise as byFootprint } from '../peers/footprints.js';
import type { Footprint, Traces } from '../peers/types.js';
import { Directories, readNames } from './directories.js';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const TYPES: Readonly<Record<number, Traces['type']>> = {
  0o040000: 'directory',
  0o100000: 'file',
  0o120000: 'symlink',
};
const ENTRIES = 16;

/** The traces of a look at `path`; undefined for what no recogniser knows: fifo, socket, device. */
export function tracesOf(
  path: string,
  look: RawLook,
  directories: Directories,
): Traces | undefined {
  const type = TYPES[look.mode & 0o170000];
  if (type === undefined) return undefined;
  const { content, size, uid, nlink, birth, mtime, ctime, target } = look;
  return {
    ...{ path, type, content, size, uid, nlink, birth, mtime, ctime, target },
    mode: look.mode & 0o7777,
    otherLinks: () => (type === 'file' ? directories.otherLinks(path, inoOf(look), nlink) : []),
    entries: () => (type === 'directory' ? entriesOf(path) : []),
  };
}

const inoOf = ({ id }: RawLook): string => /:(\d+)@/.exec(id)?.[1] ?? '';

// By descriptor, because opendir(3) of the path would follow a symbolic link put there meanwhile.
function entriesOf(path: string): readonly string[] {
  let fd: number | undefined;
  try {
    fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK);
    return readNames(`/proc/self/fd/${String(fd)}`, ENTRIES);
  } catch {
    return [];
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * The protocol that made what was looked at, as far as its traces tell. Give the same `directories`
 * for all paths of one inspection.
 */
export function recognise(
  path: string,
  look: RawLook,
  directories: Directories = new Directories(),
): Footprint | undefined {
  const traces = tracesOf(path, look, directories);
  return traces && byFootprint(traces);
}
