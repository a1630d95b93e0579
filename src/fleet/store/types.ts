// What a store of semaphores can do: the one thing that all the rest is built on is that a value is
// replaced only if it is still the one that was seen.

import { LockError } from '../../errors.js';
import type { Semaphore } from './semaphore.js';

/** A semaphore as it was at one moment. */
export interface Seen {
  semaphore: Semaphore;
  /** Another with every write; NEVER while nothing was written. */
  version: string;
}

/** The version of a group that has never been written. */
export const NEVER = '0';

export interface Store {
  /**
   * Replaces the semaphore of a group if its version is still this one, or, without `next`, makes sure
   * that it is. Resolves to the new version; or to what is there instead, seen after the call began.
   * LockError (ERR_FLEET_STORE) if that cannot be told: a write may then have happened, or happen yet.
   */
  swap(
    group: string,
    version: string,
    next: Semaphore | undefined,
  ): Promise<{ version: string } | { instead: Seen }>;
  /** Every group that was ever written, by name. LockError (ERR_FLEET_STORE) as above. */
  all(): Promise<Map<string, Seen>>;
  close(): void;
}

export function storeError(text: string, cause?: unknown): LockError {
  return new LockError('ERR_FLEET_STORE', text, { cause });
}
