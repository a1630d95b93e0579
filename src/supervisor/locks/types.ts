// Update locks of apps: what is asked for, what stands in the way, what is told.

import type { LockHistory } from '../../inspect/history.js';
import type { Inspection } from '../../inspect/types.js';

/** A run of a service that has ended. */
export interface Exited {
  /** RFC 3339, if it is known. */
  at?: string;
  /** Exit code, or 128 + signal. */
  code?: number;
}

/** A lock in the way, and the service whose lock directory it lies in. */
export interface Blocker extends Inspection {
  /** The service does not run: no process of it lives that could hold anything. */
  exited?: Exited;
  /** A live supervisor's own lock, which no override touches. */
  supervisor?: true;
}

/** What counts for all operations of an `UpdateLocks`. */
export interface UpdateLocksOptions {
  /** Where `tmp/balena-supervisor/services/` lies; `/` by default. */
  root?: string;
  /** Owner and group of the supervisor's lock files (65534 by default), where it may set one. */
  lockfileUid?: number;
  /** What the existence lock of a service counts as that is not running; `held` by default. */
  exitedServices?: 'held' | 'stale';
  /** Says that a service is known not to run; without it every service counts as running. */
  exited?: (app: string, service: string) => Exited | undefined;
  /** The directory that apps know as /data: `resin-updates.lock` there is taken too. */
  dataDir?: string;
  /** What was seen under earlier boots; a file on record from one is stale. */
  history?: LockHistory;
  /** Told of each event, in the turn in which it happens. */
  onEvent?: (event: UpdateLockEvent) => void;
}

/** One operation: whether by force, how long to wait, for whom. */
export interface LockRequest {
  /** Take it from live holders too, for this one operation. */
  force?: boolean;
  /** Milliseconds to wait for another operation of this process on the same app; 10,000 by default. */
  maxWait?: number;
  /** Milliseconds to wait for the services to let go; 0 (one try) by default, Infinity for ever. */
  timeout?: number;
  /** Ends the wait with ERR_LOCK_ABORTED. */
  signal?: AbortSignal;
  /** Shown to whoever asks who holds the locks. */
  reason?: string;
  /** Called when the wait begins and whenever who is in the way changes. */
  onBlocked?: (blockers: readonly Blocker[]) => void;
}

/**
 * - `taken`, `released`: the locks of all services
 * - `overridden`: a lock of `holder` was replaced, by force or because its service has exited
 * - `lost`: our lock disappeared while it was held; `retaken`: and was taken anew
 * - `recovered`: a leftover of a supervisor that died was removed
 * - `unclear`: something looks like a leftover and is not removed; `text` says why
 */
export type UpdateLockEventKind =
  'taken' | 'released' | 'overridden' | 'lost' | 'retaken' | 'recovered' | 'unclear';

/** Something that an operator should be able to read about later. */
export interface UpdateLockEvent {
  /** What happened. */
  kind: UpdateLockEventKind;
  /** Whose lock it was. */
  app?: string;
  /** Whose lock it was; absent for that of a data directory. */
  service?: string;
  /** The lock file; absent for `taken` and `released`. */
  path?: string;
  /** Who held it, for people. */
  holder?: string;
  /** Why the locks were taken, or what the holder gave as its reason. */
  reason?: string;
  /** One sentence, for people. */
  text: string;
}
