// The directories under watch: those of single lock files, and whole trees that grow and shrink. One
// subscription a directory, with lineage, so that what a kernel locker leaves there can be proven.
//
// No symbolic link is followed below the paths given. A directory that is itself a lock (mkdir
// lockers) is not entered.

import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fromErrno, LockError } from '../errors.js';
import { isLockName } from '../inspect/find.js';
import { DEPTH, native } from '../native.js';
import { IN, subscribe, type DirectoryWatch } from '../watch.js';

const MOST_DIRECTORIES = 4096;
const MOST_ENTRIES = 100_000;
const DEEPEST = 32;
const ENDS = IN.IGNORED | IN.DELETE_SELF | IN.MOVE_SELF | IN.UNMOUNT;

/** What the tree tells: `sure` if the name is one to watch whatever is seen there. */
export interface TreeListener {
  path: (path: string, mask: number, sure: boolean) => void;
  /** Everything below the directory may have changed. */
  below: (dir: string) => void;
  overflow: () => void;
  unwatched: (dir: string, why: string) => void;
}

interface Directory {
  watch: DirectoryWatch;
  /** Single files; every lock if absent. */
  names: Set<string> | undefined;
  depth: number;
}

// What a forcer of ours makes for the blink of an eye.
const passing = (name: string): boolean => name.startsWith('.lockbridge-');

export class Tree {
  readonly #listener: TreeListener;
  readonly #dirs = new Map<string, Directory>();
  readonly #roots = new Set<string>();
  #full = false;

  constructor(listener: TreeListener) {
    this.#listener = listener;
  }

  /** A lock file, there or not, or a directory of them. LockError if it cannot be watched. */
  add(given: string): void {
    const path = resolve(given);
    const isTree =
      !isLockName(basename(path)) &&
      lstatFollowed(path) &&
      !this.#dirs.get(dirname(path))?.names?.has(basename(path));
    if (isTree) {
      this.#roots.add(path);
      this.#tree(path, realpathSync(path), 0);
      return;
    }
    const dir = dirname(path);
    this.#roots.add(dir);
    const known = this.#dirs.get(dir);
    if (known === undefined) this.#subscribe(dir, { names: new Set([basename(path)]), depth: 0 });
    else known.names?.add(basename(path));
    this.#listener.path(path, 0, true);
  }

  /** Finds what came unnoticed. */
  again(): void {
    for (const [dir, { names, depth }] of [...this.#dirs])
      if (names === undefined) this.#list(dir, depth);
      else for (const name of names) this.#listener.path(join(dir, name), 0, true);
  }

  close(): void {
    for (const { watch } of this.#dirs.values()) watch.close();
    this.#dirs.clear();
  }

  #subscribe(dir: string, how: Omit<Directory, 'watch'>): void {
    const entry = { ...how } as Directory;
    entry.watch = subscribe(
      dir,
      true,
      (name, mask) => {
        this.#event(dir, entry, name, mask);
      },
      { opens: true, follow: this.#roots.has(dir) },
    );
    this.#dirs.set(dir, entry);
  }

  #event(dir: string, entry: Directory, name: string, mask: number): void {
    if ((mask & IN.OVERFLOW) !== 0) this.#listener.overflow();
    else if (name === '') {
      if ((mask & ENDS) !== 0) this.#ended(dir, mask);
    } else if (entry.names !== undefined) {
      if (entry.names.has(name)) this.#listener.path(join(dir, name), mask, true);
    } else if ((mask & IN.ISDIR) === 0 || isLockName(name)) {
      if (!passing(name)) this.#listener.path(join(dir, name), mask, isLockName(name));
    } else if ((mask & (IN.CREATE | IN.MOVED_TO)) !== 0) this.#grow(join(dir, name), entry.depth);
    else if ((mask & (IN.DELETE | IN.MOVED_FROM)) !== 0) this.#drop(join(dir, name));
  }

  #ended(dir: string, mask: number): void {
    if ((mask & IN.MOVE_SELF) !== 0 && !this.#roots.has(dir)) return; // its parent says more
    if (!this.#drop(dir) || !this.#roots.has(dir)) return;
    const why = (mask & IN.UNMOUNT) !== 0 ? 'was unmounted' : 'was removed or moved';
    this.#listener.unwatched(dir, `the directory ${why}; watch it again when it is back`);
  }

  #drop(dir: string): boolean {
    let any = false;
    for (const [other, { watch }] of this.#dirs)
      if (other === dir || other.startsWith(`${dir}/`)) {
        watch.close();
        this.#dirs.delete(other);
        any = true;
      }
    this.#full = this.#full && this.#dirs.size >= MOST_DIRECTORIES;
    if (any) this.#listener.below(dir);
    return any;
  }

  #grow(dir: string, depth: number): void {
    try {
      this.#tree(dir, join(real(dirname(dir)), basename(dir)), depth + 1);
    } catch (error) {
      // Gone again, or swapped for something else: an event says so.
      if (LockError.is(error) && error.code !== 'ERR_LOCK_PATH')
        this.#listener.unwatched(dir, error.message);
    }
  }

  // `where`: its real path, so that no link on the way leads out of the tree.
  #tree(dir: string, where: string, depth: number): void {
    if (this.#dirs.size >= MOST_DIRECTORIES || depth > DEEPEST) {
      if (!this.#full) this.#listener.unwatched(dir, 'too many directories, or too deep');
      this.#full = true;
      return;
    }
    const known = this.#dirs.get(dir);
    known?.watch.close();
    this.#subscribe(dir, { names: undefined, depth });
    if (real(dir) === where) this.#list(dir, depth);
    else this.#drop(dir);
  }

  // After the subscription: what comes later is an event.
  #list(dir: string, depth: number): void {
    const seen = native.walk(dir, this.#roots.has(dir), MOST_ENTRIES, 1);
    if (typeof seen === 'number') throw fromErrno(seen, 'open', dir);
    const others: string[] = [];
    for (const entry of seen.paths) {
      const isDirectory = entry.endsWith('/');
      const name = isDirectory ? entry.slice(0, -1) : entry;
      const path = join(dir, name);
      if (isLockName(name)) this.#listener.path(path, 0, true);
      else if (!isDirectory) others.push(path);
      else if (!this.#dirs.has(path)) this.#grow(path, depth);
    }
    const looks = native.lookAll(others, DEPTH.name);
    for (const [at, path] of others.entries())
      if (looks.at(at).locked) this.#listener.path(path, 0, false);
  }
}

function lstatFollowed(path: string): boolean {
  try {
    return lstatSync(realpathSync(path)).isDirectory();
  } catch {
    return false;
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return '';
  }
}
