// The names of an inode in its directory, found in one pass over the directory however many of its
// files are looked at: 10,000 locks with a second link each would otherwise be 10,000 passes.
//
// Never follows: lstat only. Bounded: of a larger directory the first names are seen. Names are read
// at once and looked at only as far as an answer needs, so one file costs no more than it must. Valid
// for one inspection; the directory goes on changing.

import { lstatSync, opendirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const LIMIT = 20_000;

/** The first names in an open directory, or in one that is the caller's own business to follow. */
export function readNames(dir: string, limit: number): string[] {
  const names: string[] = [];
  const open = opendirSync(dir, { bufferSize: Math.min(limit, 1024) });
  try {
    for (let entry = open.readSync(); entry !== null && names.length < limit;) {
      names.push(entry.name);
      entry = open.readSync();
    }
  } finally {
    open.closeSync();
  }
  return names;
}

class Pass {
  readonly #dir: string;
  readonly #names: readonly string[];
  readonly #byInode = new Map<string, string[]>();
  #next = 0;

  constructor(dir: string) {
    this.#dir = dir;
    this.#names = readNames(dir, LIMIT);
  }

  /** The names of one inode of `nlink` links; goes on with the pass until it has them all. */
  of(key: string, nlink: number): readonly string[] {
    for (;;) {
      const found = this.#byInode.get(key) ?? [];
      if (found.length >= nlink || this.#next >= this.#names.length) return found;
      this.#look(this.#names[this.#next++] ?? '');
    }
  }

  #look(name: string): void {
    const key = inode(join(this.#dir, name))?.key;
    if (key === undefined) return;
    const names = this.#byInode.get(key);
    if (names === undefined) this.#byInode.set(key, [name]);
    else names.push(name);
  }
}

// Inode numbers may be 64 bits (overlay filesystems use the upper ones), so not a double.
function inode(path: string): { key: string; ino: string } | undefined {
  try {
    const st = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return st && { key: `${String(st.dev)}:${String(st.ino)}`, ino: String(st.ino) };
  } catch {
    return undefined;
  }
}

/** Directories as one inspection has seen them. */
export class Directories {
  readonly #passes = new Map<string, Pass | undefined>();

  /** The other names, beside `path`, of the inode that `path` still names; none if it cannot be told. */
  otherLinks(path: string, ino: string, nlink: number): readonly string[] {
    if (nlink < 2) return [];
    const own = inode(path);
    if (own?.ino !== ino) return [];
    const names = this.#pass(dirname(path))?.of(own.key, nlink) ?? [];
    return names.filter((name) => name !== basename(path));
  }

  #pass(dir: string): Pass | undefined {
    if (!this.#passes.has(dir)) this.#passes.set(dir, begin(dir));
    return this.#passes.get(dir);
  }
}

function begin(dir: string): Pass | undefined {
  try {
    return new Pass(dir);
  } catch {
    return undefined; // not ours to read
  }
}
