// Options and results of taking and letting go: the shapes of the public facade.

import type { Inspection } from '../inspect/types.js';

/** What an unlocked, empty file of unknown origin counts as; see `docs/protocol.md`. */
export type EmptyPolicy = 'held' | 'free';

export interface AcquireOptions {
  /** Shown to whoever asks who holds the lock. ASCII, cut to what the record has room for. */
  reason?: string;
  /** Creates the file as this user and group (needs root). */
  owner?: { uid: number; gid: number };
  /** Permission bits of the lock file; 0o644 by default. */
  mode?: number;
  /** `free`: only kernel lockers live here, so an empty unlocked file is nobody's. */
  empty?: EmptyPolicy;
  /** @internal The record is to say that a supervisor holds it: no override touches it then. */
  role?: 'supervisor';
}

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
  existence: boolean;
  flock: boolean;
  ofd: boolean;
}

/**
 * How a release ended. `unlinked`: the name is gone. `handed-over`: somebody has the file open, so
 * the name stays, marked as residue. `lost`: the path no longer named our file. `orphaned`: it was
 * unlinked, but an opener slipped in and may believe that it holds.
 */
export type ReleaseOutcome = 'unlinked' | 'handed-over' | 'lost' | 'orphaned';

export type LostReason = 'removed' | 'replaced';
