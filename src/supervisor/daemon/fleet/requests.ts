// Requests to the server, one at a time, and what is not known after one that nobody answered.

import { askFleet, type FleetAnswer, type FleetQuestion } from '../../../fleet/client.js';
import { LockError } from '../../../errors.js';
import type { FleetConfig } from '../../target/fleet.js';
import type { Ledger } from './ledger.js';
import type { Telling } from './telling.js';

const LAST_WORD_MS = 2000;

export class Requests {
  readonly #config: FleetConfig;
  readonly #ledger: Ledger;
  readonly #telling: Telling;
  readonly #closing = new AbortController();
  #unsureUntil = 0;

  constructor(config: FleetConfig, ledger: Ledger, telling: Telling) {
    this.#config = config;
    this.#ledger = ledger;
    this.#telling = telling;
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /**
   * Until then, by performance.now(), a request without an answer may still arrive and take a slot: what
   * is given back before that may have been given back too early.
   */
  get unsureUntil(): number {
    return this.#unsureUntil;
  }

  /** A request of a daemon that died, or one of ours, may be on its way. */
  unsure(): void {
    this.#unsureUntil = performance.now() + this.#config.timeout;
  }

  /** What cannot be put on record before a request for a slot is not sent. */
  async ask(question: FleetQuestion): Promise<FleetAnswer> {
    const { timeout } = this.#config;
    const { signal } = this.#closing;
    let answer: FleetAnswer;
    try {
      if (question === 'pre-reboot') this.#ledger.intend();
      // Not at first: people are to see at once who is in the way.
      const line = question === 'pre-reboot' && this.#telling.text !== undefined;
      answer = await askFleet(question, this.#ledger.place, { timeout, signal, line });
    } catch (error) {
      if (!LockError.is(error)) throw error;
      answer = { kind: 'unreachable', text: error.message };
    }
    this.#telling.count(question, answer.kind);
    if (question === 'pre-reboot' && answer.kind === 'unreachable') this.unsure();
    return answer;
  }

  /** The one that is under way ends, and no other is sent but {@link lastWord}. */
  close(): void {
    this.#closing.abort();
  }

  /** Gives back what nobody needs, if that takes no time; whether the server is known to have it. */
  async lastWord(): Promise<boolean> {
    const timeout = Math.min(this.#config.timeout, LAST_WORD_MS);
    const { kind } = await askFleet('steady-state', this.#ledger.place, { timeout });
    return kind === 'ok' && performance.now() >= this.#unsureUntil;
  }
}
