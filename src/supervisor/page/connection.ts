// What the supervisor says, as it happens, over restarts of it:
//  1. Subscribe to its events. 2. Ask how things stand; nothing is missed, for the events wait.
//  3. Ask again whenever an event says that something has changed, a few times a second at most.
//  4. When the stream ends, or no sign of life comes any more, begin again.

import type { JournalEntry, SupervisorEvent } from '../types.js';
import { Refusal, type Api, type Snapshot } from './api.js';
import { eventsOf } from './events.js';

const SILENCE_MS = 40_000; // signs of life come every 15 s
const BETWEEN_LOOKS_MS = 150;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

export interface Listener {
  /** How things stand; with `history` after every (re)connection. */
  snapshot(snapshot: Snapshot, history?: JournalEntry[]): void;
  entry(entry: JournalEntry): void;
  /** Nothing is heard of it; it is tried again. */
  lost(why: string): void;
  /** The key opens nothing (any more); it is not tried again. */
  refused(why: string): void;
}

export class Connection {
  readonly #api: Api;
  readonly #listener: Listener;
  readonly #end = new AbortController();
  #stop: AbortController | undefined;
  #looking = false;
  #stale = false;

  constructor(api: Api, listener: Listener) {
    this.#api = api;
    this.#listener = listener;
    void this.#run();
  }

  close(): void {
    this.#end.abort();
  }

  #hasEnded(): boolean {
    return this.#end.signal.aborted;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#hasEnded(); failures++) {
      try {
        await this.#follow(() => {
          failures = 0;
        });
      } catch (error) {
        if (this.#hasEnded()) return;
        const why = error instanceof Error ? error.message : String(error);
        if (error instanceof Refusal && error.status === 401) {
          this.#listener.refused(why);
          return;
        }
        this.#listener.lost(why);
      }
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
    }
  }

  // Ends only by an error: a supervisor that stops ends the stream.
  async #follow(connected: () => void): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    const signal = AbortSignal.any([stop.signal, this.#end.signal]);
    let silence = 0;
    const alive = (): void => {
      clearTimeout(silence);
      silence = window.setTimeout(() => {
        stop.abort();
      }, SILENCE_MS);
    };
    try {
      alive();
      const body = await this.#api.events(signal);
      const [snapshot, history] = await Promise.all([this.#api.snapshot(), this.#api.history()]);
      if (this.#hasEnded()) return;
      connected();
      this.#listener.snapshot(snapshot, history);
      for await (const event of eventsOf(body, alive)) this.#take(event as SupervisorEvent);
      throw new Refusal(0, 'it has ended the stream of events');
    } finally {
      clearTimeout(silence);
      stop.abort();
    }
  }

  #take({ event, data }: SupervisorEvent): void {
    if (event === 'journal') this.#listener.entry(data);
    void this.#look();
  }

  // One look at a time; what happens meanwhile is seen by the next.
  async #look(): Promise<void> {
    this.#stale = true;
    if (this.#looking) return;
    this.#looking = true;
    try {
      while (this.#stale && !this.#hasEnded()) {
        this.#stale = false;
        const snapshot = await this.#api.snapshot();
        if (this.#hasEnded()) return;
        this.#listener.snapshot(snapshot);
        await pause(BETWEEN_LOOKS_MS);
      }
    } catch {
      this.#stop?.abort(); // begin again; if it is gone, that is what is told then
    } finally {
      this.#looking = false;
    }
  }
}

async function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
