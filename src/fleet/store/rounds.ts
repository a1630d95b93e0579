// Operations on one group, gathered into rounds: whatever has come while the last round was under way
// goes into the next one, and a round is one compare-and-set. So ten thousand devices that ask at once
// cost as many writes as there are rounds, not as many as there are devices.
//
// Guarantee: an operation is judged by a state that was current after it was asked for, and its answer
// is given only when the store has confirmed that state or taken the new one. An operation that failed
// may have happened all the same, so every operation must be one that can be repeated.

import { randomInt } from 'node:crypto';
import { storeError, NEVER, type Seen, type Store } from './types.js';
import { EMPTY, type Semaphore } from './semaphore.js';

/** What an operation makes of a state. It may be asked more than once, and only the last time counts. */
export type Operation<T> = (now: Semaphore) => {
  next: Semaphore;
  answer: T;
  /** Written even if nothing changes. */
  write?: boolean;
};

interface Pending {
  apply: Operation<unknown>;
  until: number;
  signal: AbortSignal | undefined;
  resolve: (answer: unknown) => void;
  reject: (error: unknown) => void;
}

/** Operations, or devices, of one group that may wait; one more is refused. */
export const MOST_PENDING = 20_000;
const CONFLICTS_BEFORE_PAUSE = 2;
const LONGEST_PAUSE = 40;

export class Rounds {
  readonly #store: Store;
  readonly #group: string;
  #firsts: Pending[] = [];
  #pending: Pending[] = [];
  #seen: Seen = { semaphore: EMPTY, version: NEVER };
  #running = false;

  constructor(store: Store, group: string) {
    this.#store = store;
    this.#group = group;
  }

  /**
   * Runs an operation in the next round. `timeout` in milliseconds: an operation that could not be
   * tried within it is dropped, so that it does not happen long after nobody waits for it. LockError
   * (ERR_FLEET_STORE) for that, for too many, and for a store that fails. `first`: before the others of
   * its round.
   */
  async run<T>(
    apply: Operation<T>,
    { timeout, signal, first = false }: { timeout: number; signal?: AbortSignal; first?: boolean },
  ): Promise<T> {
    if (this.#firsts.length + this.#pending.length >= MOST_PENDING)
      throw storeError('too many requests wait for the store; ask again later');
    const answer = new Promise<unknown>((resolve, reject) => {
      const until = performance.now() + timeout;
      const pending = { apply, until, signal, resolve, reject };
      if (first) this.#firsts.push(pending);
      else this.#pending.push(pending);
    });
    if (!this.#running) void this.#go();
    return answer as Promise<T>;
  }

  async #go(): Promise<void> {
    this.#running = true;
    for (;;) {
      // What arrives at this moment comes along; and whoever was answered by the last round has heard it.
      await new Promise(setImmediate);
      const round = [...this.#firsts, ...this.#pending];
      if (round.length === 0) break;
      this.#firsts = [];
      this.#pending = [];
      try {
        await this.#commit(round);
      } catch (error) {
        for (const { reject } of round) reject(error);
      }
    }
    this.#running = false;
  }

  async #commit(round: readonly Pending[]): Promise<void> {
    let rest = round;
    for (let conflicts = 0; ; conflicts++) {
      rest = rest.filter(stillWanted);
      if (rest.length === 0) return;
      const { version, semaphore } = this.#seen;
      let next = semaphore;
      let write = false;
      const answers = rest.map(({ apply }) => {
        const made = apply(next);
        next = made.next;
        write ||= made.write === true;
        return made.answer;
      });
      write ||= next !== semaphore;
      const result = await this.#store.swap(this.#group, version, write ? next : undefined);
      if ('version' in result) {
        this.#seen = { semaphore: next, version: result.version };
        for (const [at, { resolve }] of rest.entries()) resolve(answers[at]);
        return;
      }
      this.#seen = result.instead;
      // Whoever cut its connection meanwhile is to be known before it is tried again.
      await new Promise(setImmediate);
      if (conflicts >= CONFLICTS_BEFORE_PAUSE) await pause(randomInt(1, LONGEST_PAUSE));
    }
  }
}

function stillWanted({ until, signal, reject }: Pending): boolean {
  if (signal?.aborted === true) reject(storeError('whoever asked has gone'));
  else if (performance.now() > until)
    reject(storeError('the store was too slow; it may have happened, so ask again'));
  else return true;
  return false;
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
