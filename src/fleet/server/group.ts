// One group as this server serves it: devices that ask, devices that wait, and the rounds that decide.
//
// A device that is content to wait (Prefer: wait=N, RFC 7240) stands in a line here, and a slot that is
// given back goes to the first of it in the same write. What other servers do is seen by one look twice a
// second, however many wait; nobody's place in the line counts at another server.
//
// Guarantee: a grant is answered only once it is in the store; a device that has gone, or has waited
// longer than it said, is given nothing.

import { randomBytes } from 'node:crypto';
import { take, without, type Holder, type Semaphore } from '../store/semaphore.js';
import { MOST_PENDING, Rounds } from '../store/rounds.js';
import { storeError, type Store } from '../store/types.js';
import type { Full, GroupOptions, OnEvent } from './group-types.js';
import { Patience } from './patience.js';

interface Entry {
  id: string;
  grant: string;
  /** When it is refused at the latest; monotonic milliseconds. */
  until: number;
  signal: AbortSignal | undefined;
  resolve: (answer: { held: Holder } | { full: Full }) => void;
  reject: (error: unknown) => void;
}

interface Served {
  entry: Entry;
  held: Holder | undefined;
}

/** Milliseconds after which a request that could not be tried is dropped. */
export const TIMEOUT = 5000;
/** Milliseconds between two looks while somebody waits; as much again at random. */
const LOOK = 250;

export class Group {
  readonly options: GroupOptions;
  readonly #rounds: Rounds;
  readonly #patience: Patience;
  readonly #onEvent: OnEvent;
  readonly #line = new Set<Entry>();
  #asked = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, options: GroupOptions, onEvent: OnEvent = () => undefined) {
    this.options = options;
    this.#rounds = new Rounds(store, options.name);
    this.#patience = new Patience({ slots: options.slots });
    this.#onEvent = onEvent;
  }

  /** Devices that wait here, or were told to come again. */
  get waiting(): { line: number; away: number } {
    return { line: this.#line.size, away: this.#patience.waiting };
  }

  /**
   * A slot for this device, at once or within `wait` milliseconds; the one that it has, if it has one.
   * LockError (ERR_FLEET_STORE) if too many ask, or if the store failed: then it may have got one.
   */
  async take(
    id: string,
    { wait = 0, signal }: { wait?: number; signal?: AbortSignal } = {},
  ): Promise<{ held: Holder } | { full: Full }> {
    if (this.#line.size >= MOST_PENDING)
      throw storeError('too many devices ask at once; ask again later');
    return new Promise((resolve, reject) => {
      const grant = randomBytes(6).toString('hex');
      const until = performance.now() + wait;
      this.#line.add({ id, grant, until, signal, resolve, reject });
      this.#ask();
    });
  }

  /**
   * Takes the device's slot back, and resolves to what it was, if it had one. It is written either way: a
   * grant of before that is still on its way to the store finds another revision, and cannot come true
   * after this was answered. One that comes late must not take the device's next slot, so a request whose
   * connection was cut is dropped.
   */
  async giveBack(
    id: string,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<Holder | undefined> {
    for (const entry of this.#line)
      if (entry.id === id)
        this.#end(entry, () => {
          entry.reject(storeError('the device has given back meanwhile'));
        });
    const given = this.#rounds.run(
      (now) => {
        const { next, gone } = without(now, (holder) => holder.id === id);
        return { next: { ...next, slots: this.options.slots }, answer: gone[0], write: true };
      },
      { timeout: TIMEOUT, first: true, ...(signal && { signal }) },
    );
    if (this.#line.size > 0) this.#ask(); // in the same round
    const holder = await given;
    if (holder !== undefined) {
      this.#patience.released(Date.now() - Date.parse(holder.since));
      this.#onEvent({ what: 'given-back', group: this.options.name, holder });
    }
    this.#patience.left(id);
    return holder;
  }

  /** Refuses whoever waits. */
  close(): void {
    clearTimeout(this.#timer);
    for (const { reject } of this.#line) reject(storeError('the server is being stopped'));
    this.#line.clear();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    void this.#round();
  }

  async #round(): Promise<void> {
    try {
      const { served, expired, after } = await this.#rounds.run((now) => this.#serve(now), {
        timeout: TIMEOUT,
      });
      for (const holder of expired)
        this.#onEvent({ what: 'expired', group: this.options.name, holder });
      for (const one of served) this.#answer(one, after);
    } catch (error) {
      this.#asked = false; // it may have been dropped before it was tried
      // Whoever still has time waits on: the next round tells it, also what may have come true.
      for (const entry of this.#line)
        if (performance.now() >= entry.until)
          this.#end(entry, () => {
            entry.reject(error);
          });
    }
    this.#lookAgain();
  }

  #serve(now: Semaphore): {
    next: Semaphore;
    answer: { served: Served[]; expired: readonly Holder[]; after: Semaphore };
  } {
    this.#asked = false;
    const { next: fresh, gone: expired } = this.#withoutExpired(now);
    let next = fresh;
    const served: Served[] = [];
    const since = new Date().toISOString();
    const late = performance.now() - TIMEOUT;
    for (const entry of this.#line) {
      if (entry.signal?.aborted === true) {
        this.#end(entry, () => {
          entry.reject(storeError('whoever asked has gone'));
        });
        continue;
      }
      if (entry.until < late) {
        this.#end(entry, () => {
          entry.reject(storeError('the store was too slow; ask again'));
        });
        continue;
      }
      const { id, grant } = entry;
      const made = take(next, { id, grant, since }, this.options.slots);
      next = made.next;
      served.push({ entry, held: made.held });
    }
    return { next, answer: { served, expired, after: next } };
  }

  #withoutExpired(now: Semaphore): ReturnType<typeof without> {
    const { maxAge } = this.options;
    if (maxAge === undefined || this.#line.size === 0) return { next: now, gone: [] };
    const oldest = Date.now() - maxAge;
    return without(now, ({ since }) => Date.parse(since) < oldest);
  }

  #answer({ entry, held }: Served, { holders }: Semaphore): void {
    const { id, grant, resolve } = entry;
    if (!this.#line.has(entry)) return; // by an earlier round
    // Whoever has gone by now keeps its grant: it may have asked again, at another server, and been told
    // that it holds.
    if (held !== undefined) {
      this.#patience.left(id);
      if (held.grant === grant)
        this.#onEvent({ what: 'granted', group: this.options.name, holder: held });
      this.#end(entry, () => {
        resolve({ held });
      });
    } else if (performance.now() >= entry.until) {
      const ages = holders.map(({ since }) => Math.max(0, Date.now() - Date.parse(since)));
      const retryAfter = this.#patience.refused(id, ages);
      this.#end(entry, () => {
        resolve({ full: { slots: this.options.slots, holders, retryAfter } });
      });
    }
  }

  #end(entry: Entry, answer: () => void): void {
    if (this.#line.delete(entry)) answer();
  }

  // While somebody waits: soon, or when the first of them has waited long enough.
  #lookAgain(): void {
    clearTimeout(this.#timer);
    if (this.#line.size === 0) return;
    let first = Infinity;
    for (const { until } of this.#line) first = Math.min(first, until);
    const soon = LOOK * (1 + Math.random());
    this.#timer = setTimeout(
      () => {
        this.#ask();
      },
      Math.max(0, Math.min(soon, first - performance.now() + 1)),
    );
  }
}
