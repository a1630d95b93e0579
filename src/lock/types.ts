// Options and results of taking and letting go: the shapes of the public facade.

import type { LockHistory } from '../inspect/history.js';
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
}

export interface WaitOptions extends AcquireOptions {
  /** Milliseconds to wait at the most; for ever if absent, 0 means one try. */
  timeout?: number;
  /** Ends the wait with ERR_LOCK_ABORTED. */
  signal?: AbortSignal;
  /** Called when the wait begins and whenever who blocks it changes. */
  onBlocked?: (blocker: Inspection) => void;
}

/** Options that only a supervisor's own parts give; not of the public facade. */
export interface SupervisorTakeOptions extends AcquireOptions {
  /** Stands in the record: an override does not touch the lock while it is held. */
  role?: 'supervisor';
  /** A file that is on record from an earlier boot is stale. */
  history?: LockHistory;
  /** Whether this lock is to be replaced. Asked only where otherwise all would be refused. */
  overrule?: (blocker: Inspection) => boolean;
}

/** What an update that waits says in `updates.pending`, beside the lock file. */
export interface UpdateRequest {
  release: string;
  /** RFC 3339: since when it waits. */
  since: string;
  /** RFC 3339: when its patience ends. */
  deadline?: string;
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
