// Update locks that are held, and kept: one that disappears is taken anew at once.
//
// They do disappear. After an override the app still believes that it holds: when it is stopped, its
// exit handler removes the lock file by name, and with it the supervisor's (npm `lockfile` and Python
// `lockfile` both do), in the middle of an update. Between the loss and the new lock lies a moment in
// which somebody else can take it: then it is theirs, is reported, and is taken when they let go.

import { LockError } from '../../errors.js';
import { acquire } from '../../lock/acquire.js';
import type { Lock } from '../../lock/lock.js';
import {
  isBlockers,
  releaseTogether,
  tryTogether,
  type TogetherOptions,
} from '../../lock/together.js';
import type { LostReason } from '../../lock/types.js';
import { holderText } from './blockers.js';
import type { LockPlace } from './places.js';
import type { UpdateLockEvent } from './types.js';

/** What the one who took them is told. */
export interface Listeners {
  place: (path: string) => LockPlace;
  tell: (event: UpdateLockEvent) => void;
  began: () => void;
  ended: () => void;
}

/** The update locks of one operation. Release them where it ends, or use `await using`. */
export class HeldUpdateLocks implements AsyncDisposable {
  readonly #locks = new Map<string, Lock>();
  readonly #taking: TogetherOptions;
  readonly #listeners: Listeners;
  #ended: AbortController | undefined;
  #released = false;

  /** @internal `taking`: how the locks were taken, and are to be taken anew. */
  constructor(locks: readonly Lock[], taking: TogetherOptions, listeners: Listeners) {
    this.#taking = taking;
    this.#listeners = listeners;
    const lost = this.#lost.bind(this);
    for (const lock of locks) {
      lock.whenLost = lost;
      this.#locks.set(lock.path, lock);
    }
    listeners.began();
  }

  /** Lets go of all. Idempotent. */
  async release(): Promise<void> {
    if (!this.#released) {
      this.#released = true;
      this.#ended?.abort();
      try {
        releaseTogether([...this.#locks.values()]);
      } finally {
        this.#listeners.ended();
      }
    }
    return Promise.resolve();
  }

  /** Releases. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  #lost(lock: Lock, why: LostReason): void {
    if (this.#released) return;
    const { path } = lock;
    this.#locks.delete(path);
    try {
      lock.releaseSync();
      const got = tryTogether([path], this.#taking);
      if (isBlockers(got)) {
        const holder = holderText(got[0]);
        this.#tell(path, 'lost', `${why} while it was held; now it is ${holder}'s`, holder);
        this.#takeWhenFree(path);
        return;
      }
      this.#tell(path, 'lost', `${why} while it was held`);
      this.#retaken(got[0]);
    } catch (error) {
      if (!LockError.is(error)) throw error;
      this.#tell(path, 'lost', `${why} while it was held; not taken anew: ${error.message}`);
    }
  }

  #takeWhenFree(path: string): void {
    const { overrule, onOverruled, ...options } = this.#taking;
    const { signal } = (this.#ended ??= new AbortController());
    acquire(path, { ...options, signal, onBlocked: () => undefined }).then(
      (lock) => {
        if (this.#released) lock.releaseSync();
        else this.#retaken(lock);
      },
      (error: unknown) => {
        if (!this.#released) this.#tell(path, 'lost', `not taken anew: ${String(error)}`);
      },
    );
  }

  #retaken(lock: Lock | undefined): void {
    if (lock === undefined) return;
    lock.whenLost = this.#lost.bind(this);
    this.#locks.set(lock.path, lock);
    this.#tell(lock.path, 'retaken', 'taken anew');
  }

  #tell(path: string, kind: 'lost' | 'retaken', what: string, holder?: string): void {
    const text = `the update lock '${path}': ${what}`;
    const place = this.#listeners.place(path);
    this.#listeners.tell({ kind, ...place, ...(holder !== undefined && { holder }), text });
  }
}
