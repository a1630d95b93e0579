// What an inspection says, as data: the shapes that the library returns and `--json` prints.

import type { LockRecord } from '../lock/record.js';

/** What is at a path: nothing, somebody's lock, a dead holder's, or what a kernel locker left. */
export type Verdict = 'free' | 'held' | 'stale' | 'residue';

/** How a `held` verdict is known. */
export type HeldBy = 'kernel' | 'existence' | 'undecidable';

/** One fact behind a verdict: a machine-readable kind and a sentence for people. */
export interface Evidence {
  kind: string;
  text: string;
}

/** A process that the kernel or a lock file names. `role` says what it does with the lock. */
export interface Holder {
  pid: number;
  role: 'holds' | 'waits' | 'named';
  /** The kernel lock (`flock`, `posix`, `ofd`), or `record` for a name written in the file. */
  source: 'flock' | 'posix' | 'ofd' | 'record';
  /** Whether a process of that number exists here; undefined where it cannot be known. */
  alive?: boolean;
  command?: string;
}

export type ObjectType =
  'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character-device' | 'block-device';

/** The answer of `inspect(path)`. */
export interface Inspection {
  path: string;
  verdict: Verdict;
  /** Only with `held`. */
  by?: HeldBy;
  /** Which protocol made the file, from its footprint, e.g. `flock`, `procmail`, `lockbridge`. */
  protocol?: string;
  /** What is at the path; absent when free. */
  object?: ObjectType;
  /** Identity of the inode: `dev:ino@birth`. Quote it to break the lock that you saw. */
  id?: string;
  holders: Holder[];
  /** The lockbridge record in the file, if there is one: a hint, never proof. */
  record?: LockRecord;
  evidence: Evidence[];
  /** What the person can do about it, in a sentence. */
  advice?: string;
}
