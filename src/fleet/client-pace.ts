// When a device asks again. Ten thousand devices that learn of a release in the same second must not ask
// in the same second, nor all again half a minute later: each pause is stretched by a number that hangs on
// the device's id, so two devices differ, and one device does the same in every run.

import { createHash } from 'node:crypto';

// A server that says `Retry-After: 0` is not to be hammered, one that says a year is not to be believed.
const SOONEST_MS = 1000;
const LATEST_MS = 15 * 60_000;
const SLOWEST_MS = 5 * 60_000;

/** Milliseconds that a `Retry-After` header asks for (RFC 9110: seconds or a date), from 1 s to 15 min. */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const said = header.trim();
  const date = /^[A-Z][a-z]{2}, /.test(said) ? Date.parse(said) : NaN; // Date.parse takes "-5" too
  const wait = /^\d+$/.test(said) ? Number(said) * 1000 : date - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, SOONEST_MS), LATEST_MS);
}

/** The pauses of one device, in milliseconds. */
export class Pace {
  readonly #seed: string;
  readonly #retry: number;
  #count = 0;
  #failures = 0;

  /** `retry`: how long it waits between two requests, on average. */
  constructor(seed: string, retry: number) {
    this.#seed = seed;
    this.#retry = retry;
  }

  /** Before the first request: up to a quarter of `retry`. */
  first(): number {
    return (this.#retry / 4) * this.#next();
  }

  /**
   * After an answer that was no yes. What the server asks for is waited out, and up to a quarter more.
   * Else `retry`, half of it more or less; while nobody answers each twice the one before, up to 5 min.
   */
  after({ kind, retryAfter }: { kind: 'refused' | 'unreachable'; retryAfter?: number }): number {
    this.#failures = kind === 'unreachable' ? this.#failures + 1 : 0;
    if (retryAfter !== undefined) return retryAfter * (1 + this.#next() / 4);
    const doubled = this.#retry * 2 ** Math.min(Math.max(this.#failures - 1, 0), 20);
    return Math.min(doubled, Math.max(this.#retry, SLOWEST_MS)) * (0.5 + this.#next());
  }

  /** It went well: the next failure is the first one again. */
  reset(): void {
    this.#failures = 0;
  }

  // From 0 to below 1, evenly.
  #next(): number {
    const digest = createHash('sha256')
      .update(`${this.#seed} ${String(this.#count++)}`)
      .digest();
    return digest.readUIntBE(0, 6) / 2 ** 48;
  }
}
