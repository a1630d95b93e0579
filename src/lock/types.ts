// Options and results of taking and letting go: the shapes of the public facade.

import type { Inspection } from '../inspect/types.js';

/** What an unlocked, empty file of unknown origin counts as; see `docs/protocol.md`. */
export type EmptyPolicy = 'held' | 'free';

/** How a lock is taken. */
export interface AcquireOptions {
  /** Shown to whoever asks who holds the lock. ASCII, cut to what the record has room for. */
  reason?: string;
  /** Creates the file as this user and group (needs root). */
  owner?: {
    /** User id. */
    uid: number;
    /** Group id. */
    gid: number;
  };
  /** Permission bits of the lock file; 0o644 by default. */
  mode?: number;
  /** `free`: only kernel lockers live here, so an empty unlocked file is nobody's. */
  empty?: EmptyPolicy;
  /** @internal The record is to say that a supervisor holds it: no override touches it then. */
  role?: 'supervisor';
}

/** How a lock is taken, and how long is waited for it. */
export interface WaitOptions extends AcquireOptions {
  /** Milliseconds to wait at the most; for ever if absent, 0 means one try. */
  timeout?: number;
  /** Ends the wait with ERR_LOCK_ABORTED. */
  signal?: AbortSignal;
  /** Called when the wait begins and whenever who blocks it changes. */
  onBlocked?: (blocker: Inspection) => void;
}

/** Which of the three locks a held lock consists of; `ofd` false where the filesystem has none. */
export interface Mechanisms {
  /** The name, made by an exclusive create: what `lockfile` and `O_EXCL` see. */
  existence: boolean;
  /** flock(2): what `flock` and most languages see. */
  flock: boolean;
  /** A record lock on the open file description: what fcntl(2) locks see. */
  ofd: boolean;
}

/**
 * How a release ended. `unlinked`: the name is gone. `handed-over`: somebody has the file open, so
 * the name stays, marked as residue. `lost`: the path no longer named our file. `orphaned`: it was
 * unlinked, but an opener slipped in and may believe that it holds.
 */
export type ReleaseOutcome = 'unlinked' | 'handed-over' | 'lost' | 'orphaned';

/** How the path came to name something else while we held: unlinked, or another file put there. */
export type LostReason = 'removed' | 'replaced';
