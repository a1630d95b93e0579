// The ends of our containers, as the engine tells them: its event stream, taken up again whenever it
// breaks off. After each (re)connection, what was missed is looked for in a list, twice: an engine
// answers a moment before it listens, and an end may fall in between.
//
// An engine that keeps no events (Podman with events_logger=none) is looked at at each try instead:
// every five seconds.

import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from './engine.js';
import { statusOf } from './failure.js';
import { jsonLines } from './json-lines.js';
import type { Filter } from './labels.js';

const FIRST_DELAY_MS = 50;
const SLOWEST_MS = 5_000;
const SECOND_LOOK_MS = 1_000;

export interface Death {
  id: string;
  /** RFC 3339. */
  at: string;
  exitCode?: number;
}

export interface EventsListener {
  died(death: Death): void;
  /** Something may have been missed. A failure here counts as one of the stream. */
  look(): Promise<unknown>;
}

interface Actor {
  ID?: unknown;
  Attributes?: { exitCode?: string };
}

// Narrowed by label only: Podman does not know its own "died" by Docker's name "die" in a filter. Read
// from `Actor`: newer Dockers no longer repeat it at the top.
function deathIn(event: Readonly<Record<string, unknown>>): Death | undefined {
  const { Action, timeNano } = event;
  const { ID: id, Attributes } = (event['Actor'] ?? {}) as Actor;
  if ((Action !== 'die' && Action !== 'died') || typeof id !== 'string') return undefined;
  const ms = typeof timeNano === 'number' ? timeNano / 1e6 : Date.now();
  const death = { id, at: new Date(ms).toISOString() };
  const exitCode = Number.parseInt(Attributes?.exitCode ?? '', 10);
  return Number.isNaN(exitCode) ? death : { ...death, exitCode };
}

export class Events {
  readonly #engine: Engine;
  readonly #filters: Filter;
  readonly #listener: EventsListener;
  readonly #end = new AbortController();
  #running: Promise<void> | undefined;
  #failures = 0;

  constructor(engine: Engine, filters: Filter, listener: EventsListener) {
    this.#engine = engine;
    this.#filters = filters;
    this.#listener = listener;
  }

  /** Idempotent. */
  open(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (statusOf(error) !== undefined) await this.#listener.look().catch(() => undefined);
      }
      const delay = Math.min(SLOWEST_MS, FIRST_DELAY_MS * 2 ** this.#failures++);
      await pause(delay, undefined, { signal }).catch(() => undefined);
    }
  }

  // Resolves when the engine ends the stream, which it does when it is stopped.
  async #follow(closed: AbortSignal): Promise<void> {
    const broken = new AbortController();
    const abortSignal = AbortSignal.any([closed, broken.signal]);
    const look = (): Promise<void> =>
      this.#listener.look().then(
        () => {
          this.#failures = 0;
        },
        (error: unknown) => {
          broken.abort(error);
        },
      );
    let again: NodeJS.Timeout | undefined;
    try {
      const stream = await this.#engine.ask(
        'cannot listen to events',
        async (docker) => {
          const options = { filters: this.#filters, abortSignal };
          return docker.getEvents(options);
        },
        { signal: closed },
      );
      again = setTimeout(() => void look(), SECOND_LOOK_MS).unref();
      void look();
      for await (const event of jsonLines(stream)) {
        const death = deathIn(event);
        if (death !== undefined) this.#listener.died(death);
      }
    } finally {
      clearTimeout(again);
      broken.abort();
    }
  }
}
