// Looking again and again without ever being noticed: an open of ours would be an event of our own,
// would end the lineage of a file that is being made, and would make a lockbridge that is just
// letting go believe that somebody slipped in.
//
// So a look goes by name: the inode, its locks in /proc/locks, our extended attribute. What the file
// says is read once for each state of it, never while its maker has it open, and of a locked file
// only when the caller says that it has been so for a while.

import { DEPTH, KNOWN, native, type RawLook } from '../native.js';
import { lineagePending } from '../watch.js';

type Read = Pick<
  RawLook,
  'id' | 'size' | 'mtime' | 'content' | 'attribute' | 'elsewhere' | 'openError'
>;

const FILE = 0o100000;
const isFile = ({ error, mode }: RawLook): boolean => error >= 0 && (mode & 0o170000) === FILE;

/** Everything about a look that can change without an event. */
export function signature({ error, id, size, mtime, locks }: RawLook): string {
  return `${String(error)} ${id} ${String(size)} ${String(mtime)} ${JSON.stringify(locks)}`;
}

export class Looker {
  /** How often it looked at anything, for tests. */
  looks = 0;
  readonly #read = new Map<string, Read>();

  /** One reading of /proc/locks for all of them; opens nothing. */
  byName(paths: readonly string[]): RawLook[] {
    this.looks++;
    return native.lookAll(paths, DEPTH.name).all();
  }

  /** Whether the content of what was looked at is known. */
  knows(path: string, look: RawLook): boolean {
    const read = this.#read.get(path);
    // A holder renews the mtime of its file every minute, which says nothing new.
    const same = (one: Read): boolean =>
      one.id === look.id && one.size === look.size && (look.locked || one.mtime === look.mtime);
    return !isFile(look) || (read !== undefined && same(read));
  }

  /** The look together with what the file says; `calm`: it has been locked for a while. */
  complete(path: string, look: RawLook, calm: boolean): RawLook {
    if (!isFile(look)) {
      this.#read.delete(path);
      return look;
    }
    if (!this.knows(path, look)) {
      this.#read.delete(path);
      if (lineagePending(path)) return look;
      if (look.locked && !calm) return { ...look, openError: 0 };
      const read = native.look(path, DEPTH.content);
      if (read.id !== look.id) return look; // another file already: its event is on the way
      this.#read.set(path, read);
    }
    const { content, attribute, elsewhere, openError } = this.#read.get(path) ?? look;
    const seen = { ...look, content, attribute, elsewhere, openError };
    return look.locked || openError !== 0 ? seen : { ...seen, known: KNOWN.indexOf('no-lease') };
  }

  forget(path: string): void {
    this.#read.delete(path);
  }
}
