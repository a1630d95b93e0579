// Update locks that are held: let go together, and taken anew when somebody removes one. An app whose
// lock was overridden believes that it holds; npm lockfile and Python lockfile remove the file by its
// name when such an app exits, and that is then ours (facts: override, then SIGTERM).

import { inspectSync } from '../../inspect/inspect.js';
import { describe } from '../../lock/blocked.js';
import { LockSet, isBlockers, takeAll } from '../../lock/all.js';
import type { Lock } from '../../lock/lock.js';
import type { LostReason, SupervisorTakeOptions } from '../../lock/types.js';
import { LockError } from '../../errors.js';
import type { UpdateLockEvent } from './types.js';

const MOST_REPORTS = 20;

/** What a held set needs to know. */
export interface Holding {
  /** As they were taken; force replaces whoever took one from us. */
  take: SupervisorTakeOptions;
  about: (path: string) => Pick<UpdateLockEvent, 'app' | 'service'>;
  report: (event: UpdateLockEvent) => void;
  giveBack: () => void;
}

/** The update locks of all services, held. `release` is idempotent. */
export class HeldUpdateLocks implements AsyncDisposable {
  readonly #locks: Map<string, Lock>;
  readonly #holding: Holding;
  #reports = 0;
  #released = false;

  /** @internal */
  constructor(locks: readonly Lock[], holding: Holding) {
    this.#locks = new Map(locks.map((lock) => [lock.path, lock]));
    this.#holding = holding;
    for (const lock of locks) lock.onLose = this.#lost;
  }

  /** The lock files that are held now: all, unless somebody else has taken one. */
  get paths(): string[] {
    return [...this.#locks.values()].filter((lock) => lock.held).map(({ path }) => path);
  }

  async release(): Promise<void> {
    if (this.#released) return Promise.resolve();
    this.#released = true;
    new LockSet([...this.#locks.values()]).releaseSync();
    this.#holding.giveBack();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  readonly #lost = (lock: Lock, reason: LostReason): void => {
    if (this.#released) return;
    const { path } = lock;
    lock.releaseSync(); // the path is not ours: this only closes
    let taken: ReturnType<typeof takeAll>;
    try {
      taken = takeAll([path], this.#holding.take);
    } catch (error) {
      if (!LockError.is(error)) throw error;
      this.#report(
        'lost',
        path,
        `our lock was ${reason} and cannot be taken anew: ${error.message}`,
      );
      return;
    }
    if (isBlockers(taken)) {
      const now = inspectSync(path);
      this.#report('lost', path, `our lock was ${reason}; now ${describe(now)}`);
      return;
    }
    this.#report('lost', path, `our lock was ${reason} by somebody while it was held`);
    for (const again of taken) {
      again.onLose = this.#lost;
      this.#locks.set(path, again);
      this.#report('retaken', path, 'our lock was taken anew');
    }
  };

  // Somebody who removes it in a loop must not fill the journal.
  #report(kind: 'lost' | 'retaken', path: string, text: string): void {
    this.#reports++;
    if (this.#reports > MOST_REPORTS) return;
    const last = this.#reports === MOST_REPORTS ? '; further losses are not reported' : '';
    const { about, report } = this.#holding;
    report({ kind, path, ...about(path), text: `${text}${last}` });
  }
}
