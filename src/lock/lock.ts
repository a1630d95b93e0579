// The object that acquiring returns, and that lets go. It is small and lazy on purpose: an
// uncontended acquire and release is two native calls, and everything else waits until asked for.

import { native } from '../native.js';
import { failureOn } from './failure.js';
import { forget, remember } from './held.js';
import { parseRecord, type LockRecord } from './record.js';
import { watchRequests, type RequestWatch } from './requested.js';
import { sweepLater } from './sweep.js';
import type { LostReason, Mechanisms, ReleaseOutcome } from './types.js';

const OUTCOMES: readonly ReleaseOutcome[] = ['unlinked', 'handed-over', 'lost', 'orphaned'];

/**
 * A held lock. Release it exactly where the critical section ends, or use `await using` / `using`.
 * A lock that is garbage-collected while held is reported with a process warning and released.
 */
export class Lock implements Disposable, AsyncDisposable {
  /** As it was asked for. */
  readonly path: string;
  /** The descriptor of the lock file; hand it to a child to let the child hold on after our death. */
  readonly fd: number;
  readonly #packed: number;
  /** The bytes of the record, as they were written. */
  readonly recordText: string;
  #outcome: ReleaseOutcome | undefined;
  #lost: AbortController | undefined;
  #lostReason: LostReason | undefined;
  #requests: RequestWatch | undefined;
  /** @internal Called at once when it is lost; costs nothing, unlike a signal for each lock. */
  whenLost: ((lock: Lock, reason: LostReason) => void) | undefined;

  /** @internal `packed`: descriptor * 8 + mechanisms, as the addon gives it. */
  constructor(path: string, packed: number, recordText: string) {
    this.path = path;
    this.fd = packed >> 3;
    this.#packed = packed;
    this.recordText = recordText;
    remember(this);
  }

  /** The record that stands in the file. */
  get record(): LockRecord {
    return parseRecord(this.recordText) as LockRecord;
  }

  /** Which of the three locks it consists of. */
  get mechanisms(): Mechanisms {
    const bits = this.#packed & 7;
    return { existence: (bits & 1) !== 0, flock: (bits & 2) !== 0, ofd: (bits & 4) !== 0 };
  }

  /** Whether it was let go, by whatever call. */
  get released(): boolean {
    return this.#outcome !== undefined;
  }

  /** False once released or lost. */
  get held(): boolean {
    return this.#outcome === undefined && this.#lostReason === undefined;
  }

  /**
   * Fires within milliseconds when the file is removed or replaced while it is held; the abort
   * reason is a string that says which. Needs a turn of the event loop to notice.
   */
  get lost(): AbortSignal {
    this.#lost ??= new AbortController();
    if (this.#lostReason !== undefined) this.#lost.abort(this.#lostReason);
    return this.#lost.signal;
  }

  /**
   * Fires when somebody asks the holder to finish early: a supervisor that waits with an update puts
   * an `updates.pending` beside the lock file, also before the lock was taken. The abort reason is an
   * {@link UpdatesPending}. A hint of whoever can write to the directory, no command. Watched from
   * the first time that it is asked for until the lock is let go.
   */
  get requested(): AbortSignal {
    this.#requests ??= watchRequests(this);
    return this.#requests.signal;
  }

  /** @internal */
  lose(reason: LostReason): void {
    if (!this.held) return;
    this.#lostReason = reason;
    this.#requests?.close();
    this.#lost?.abort(reason);
    this.whenLost?.(this, reason);
  }

  /** Lets go; says how. Idempotent: a second call gives the first answer and does nothing. */
  releaseSync(): ReleaseOutcome {
    if (this.#outcome !== undefined) return this.#outcome;
    forget(this);
    const result = native.release(this.fd);
    if (result < 0) throw failureOn(this.path, result);
    return this.finished(OUTCOMES[result] ?? 'lost');
  }

  /** @internal Records the outcome of a release that a batch call made. */
  finished(outcome: ReleaseOutcome): ReleaseOutcome {
    this.#outcome = outcome;
    this.#requests?.close();
    if (outcome === 'handed-over') sweepLater(this.path);
    return outcome;
  }

  /** {@link releaseSync} as a promise. */
  async release(): Promise<ReleaseOutcome> {
    return Promise.resolve(this.releaseSync());
  }

  /** Releases. */
  [Symbol.dispose](): void {
    this.releaseSync();
  }

  /** Releases. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/** The outcome that a native release result stands for. */
export function outcomeOf(result: number): ReleaseOutcome {
  return OUTCOMES[result] ?? 'lost';
}
