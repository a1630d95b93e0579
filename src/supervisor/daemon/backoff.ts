// Pauses before the next try, for what no event tells: each twice as long as the one before.

import { setTimeout as delay } from 'node:timers/promises';

export class Backoff {
  readonly #first: number;
  readonly #longest: number;
  #next: number;

  /** In milliseconds. */
  constructor(first: number, longest: number) {
    this.#first = first;
    this.#longest = longest;
    this.#next = first;
  }

  /** It went well: the next pause is a short one again. */
  reset(): void {
    this.#next = this.#first;
  }

  /** Resolves when the pause is over, or `stop` fires. */
  async pause(stop: AbortSignal): Promise<void> {
    const length = this.#next;
    this.#next = Math.min(length * 2, this.#longest);
    await delay(length, undefined, { signal: stop }).catch(() => undefined);
  }
}
