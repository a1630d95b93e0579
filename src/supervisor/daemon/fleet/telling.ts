// What is told of the slot: in the journal, where a wait of days must not push out everything else, and
// as a status, which says at any time why nothing moves.

import type { FleetAnswer, FleetQuestion } from '../../../fleet/client.js';
import type { Journal } from '../../journal/journal.js';
import type { FleetStatus } from '../../types.js';
import type { Ledger } from './ledger.js';

const AGAIN_MS = 10 * 60_000; // other words for the same are put on record so often at most

type Counts = Record<FleetAnswer['kind'], number>;

export class Telling {
  readonly #ledger: Ledger;
  readonly #journal: Journal;
  readonly #changed: (status: FleetStatus) => void;
  readonly #requests: Record<FleetQuestion, Counts> = {
    'pre-reboot': { ok: 0, refused: 0, unreachable: 0 },
    'steady-state': { ok: 0, refused: 0, unreachable: 0 },
  };
  readonly #ailing = new Map<string, string>();
  #state: FleetStatus['state'] = 'none';
  #since = new Date().toISOString();
  #apps: readonly string[] = [];
  #next: string | undefined;
  /** Why it is not granted, or not given back. */
  #why: string | undefined;
  #last = { kind: '', text: '', at: -Infinity };

  constructor(ledger: Ledger, journal: Journal, changed: (status: FleetStatus) => void) {
    this.#ledger = ledger;
    this.#journal = journal;
    this.#changed = changed;
  }

  get text(): string | undefined {
    return this.#why;
  }

  get status(): FleetStatus {
    const { server, group, id } = this.#ledger.place;
    const ailing = [...this.#ailing].map(([app, text]) => `app ${app}: ${text}`).join('; ');
    const text = this.#state === 'unhealthy' ? ailing : this.#why;
    return {
      ...{ server, group, id, state: this.#state, since: this.#since },
      ...(text !== undefined && { text }),
      ...(this.#next !== undefined && { next: this.#next }),
      ...{ apps: this.#apps, owed: 0, requests: structuredClone(this.#requests) },
    };
  }

  /** Who wants it and who uses it, as of now; `next`: when the server is asked. */
  now(wanting: readonly string[], using: readonly string[], next: string | undefined): void {
    const { slot } = this.#ledger;
    const changed = slot?.apps ?? [];
    for (const app of this.#ailing.keys()) if (!changed.includes(app)) this.#ailing.delete(app);
    const state = this.#stateFor(wanting, [...using, ...changed]);
    if (state !== this.#state) {
      this.#since = new Date().toISOString();
      this.#state = state;
      if (state !== 'waiting' && state !== 'returning') this.#why = undefined;
    }
    this.#apps = [...new Set([...wanting, ...using, ...changed])].sort();
    this.#next = next;
    this.#changed(this.status);
  }

  #stateFor(wanting: readonly string[], using: readonly string[]): FleetStatus['state'] {
    if (wanting.length > 0) return 'waiting';
    if (this.#ailing.size > 0) return 'unhealthy';
    if (using.length > 0) return 'held';
    return this.#ledger.slot === undefined ? 'none' : 'returning';
  }

  count(question: FleetQuestion, kind: FleetAnswer['kind']): void {
    this.#requests[question][kind]++;
  }

  note(text: string, app?: string): void {
    this.#journal.write({ kind: 'fleet', text, ...(app !== undefined && { app }) });
  }

  found(): void {
    const { apps = [], since = '?' } = this.#ledger.slot ?? {};
    const held = `a slot of ${this.#group} may be held since ${since}`;
    const text =
      apps.length === 0
        ? `${held}: it is given back`
        : `${held}, for a change of app ${apps.join(', ')} that is not known to be healthy: it is kept`;
    this.#journal.write({ kind: 'recovery', text });
  }

  granted(): void {
    this.#settled();
    this.note(`a slot of ${this.#group} is granted`);
  }

  unconfirmed(text: string): void {
    this.#settled();
    this.note(`no server answers (${text}); the slot that was granted before is used`);
  }

  proceeds(text: string): void {
    this.#settled();
    this.note(
      `no server answers (${text}): the update proceeds without a slot, as "unreachable: proceed" says`,
    );
  }

  /** Whether that is news: something else than before, or long ago. */
  refused(kind: 'refused' | 'unreachable', text: string): boolean {
    this.#why =
      kind === 'refused' ? text : `no server answers (${text}); "unreachable: wait" says to wait`;
    return this.#isNews(`ask ${kind}`, this.#why);
  }

  notReturned(kind: 'refused' | 'unreachable', text: string): void {
    const what = kind === 'refused' ? `the server says: ${text}` : `no server answers: ${text}`;
    this.#why = `the slot of ${this.#group} is not given back yet; it is tried again (${what})`;
    if (this.#isNews(`give ${kind}`, this.#why)) this.note(this.#why);
  }

  returned(): void {
    this.#settled();
    this.note(`the slot of ${this.#group} is given back`);
  }

  /** Whether that is another text than before. */
  ailing(app: string, text: string | undefined): boolean {
    if (text === undefined || this.#ailing.get(app) === text) return false;
    this.#ailing.set(app, text);
    this.note(`not healthy: ${text}. The slot is kept, and the roll-out stops here`, app);
    return true;
  }

  healthy(app: string, text: string): void {
    this.#ailing.delete(app);
    this.note(text, app);
  }

  get #group(): string {
    return `group \`${this.#ledger.place.group}\``;
  }

  #settled(): void {
    this.#why = undefined;
    this.#last = { kind: '', text: '', at: -Infinity };
  }

  #isNews(kind: string, text: string): boolean {
    const at = performance.now();
    const last = this.#last;
    if (last.kind === kind && (last.text === text || at - last.at < AGAIN_MS)) return false;
    this.#last = { kind, text, at };
    return true;
  }
}
