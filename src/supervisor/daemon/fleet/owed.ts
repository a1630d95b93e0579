// Slots at servers, or of groups, that the configuration no longer names. They are given back where they
// were taken, again and again: to forget one would stop the roll-out there until somebody looks.

import { setTimeout as delay } from 'node:timers/promises';
import { askFleet, type FleetPlace } from '../../../fleet/client.js';
import { Pace } from '../../../fleet/client-pace.js';
import { LockError } from '../../../errors.js';
import type { Journal } from '../../journal/journal.js';
import type { StateStore } from '../../state.js';

const TIMEOUT_MS = 30_000;
const RETRY_MS = 30_000;

export class Owed {
  readonly #state: StateStore;
  readonly #journal: Journal;
  readonly #changed: () => void;
  readonly #closing = new AbortController();
  #working: Promise<unknown> | undefined;

  constructor(state: StateStore, journal: Journal, changed: () => void) {
    this.#state = state;
    this.#journal = journal;
    this.#changed = changed;
  }

  get places(): readonly FleetPlace[] {
    return this.#state.state.fleet?.owed ?? [];
  }

  begin(): void {
    this.#working = Promise.all(this.places.map(async (place) => this.#give(place)));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#working;
  }

  async #give(place: FleetPlace): Promise<void> {
    const { signal } = this.#closing;
    const what = `the slot of group \`${place.group}\` at ${place.server}`;
    const pace = new Pace(place.id, RETRY_MS);
    for (let last = ''; !signal.aborted;) {
      const { kind, text, ...more } = await askFleet('steady-state', place, {
        timeout: TIMEOUT_MS,
        signal,
      });
      if (this.#closing.signal.aborted) return;
      if (kind === 'ok' && this.#forget(place)) {
        this.#note(`${what}, which the configuration names no more, is given back`);
        this.#changed();
        return;
      }
      if (kind !== last)
        this.#note(
          `${what}, which the configuration names no more, is not given back yet: ${text}`,
        );
      last = kind;
      const pause = pace.after({ kind: kind === 'refused' ? kind : 'unreachable', ...more });
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  #forget(place: FleetPlace): boolean {
    const gone = JSON.stringify(place);
    try {
      this.#state.update((all) => {
        const left = (all.fleet?.owed ?? []).filter((one) => JSON.stringify(one) !== gone);
        const { owed: _owed, ...rest } = all.fleet ?? {};
        all.fleet = { ...rest, ...(left.length > 0 && { owed: left }) };
      });
      return true;
    } catch (error) {
      if (!LockError.is(error)) throw error;
      this.#note(error.message);
      return false;
    }
  }

  #note(text: string): void {
    this.#journal.write({ kind: 'fleet', text });
  }
}
