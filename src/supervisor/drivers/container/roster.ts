// What is known of our containers, so that each end is told once: whether an event says it first, or
// a list.
//
// A list is a picture of some moment while it was asked for, and things happen meanwhile. So a look
// begins before the question: what was forgotten since is not taken up again from the answer, what was
// started since is not missed in it, and an end that an event has told stays told.

import type { Instance } from '../types.js';

interface Entry {
  instance: Instance;
  /** Being stopped by us: its end is no news. */
  stopping: boolean;
}

export interface Look {
  readonly before: ReadonlySet<string>;
  readonly forgotten: Set<string>;
}

// The picture may be older than what an event has told: another start time is another run of it.
function older(listed: Instance, known: Instance): boolean {
  if (listed.startedAt === known.startedAt) return known.state === 'exited';
  return listed.startedAt < known.startedAt;
}

export class Roster {
  readonly #entries = new Map<string, Entry>();
  readonly #looks = new Set<Look>();
  readonly #ended: (instance: Instance) => void;

  /** `ended` is called once for each run that ends and was not being stopped. */
  constructor(ended: (instance: Instance) => void) {
    this.#ended = ended;
  }

  /** It, if it runs as far as is known and is not being stopped. */
  running(id: string): Instance | undefined {
    const entry = this.#entries.get(id);
    return entry?.instance.state === 'running' && !entry.stopping ? entry.instance : undefined;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** What is known now. An end is told if the run was known to be running. */
  note(instance: Instance): void {
    const entry = this.#entries.get(instance.id);
    const ran = this.running(instance.id) !== undefined;
    this.#entries.set(instance.id, { instance, stopping: entry?.stopping ?? false });
    if (ran && instance.state === 'exited') this.#ended(instance);
  }

  /** Until the function that it returns is called, or it is forgotten. */
  stopping(id: string): () => void {
    const set = (stopping: boolean): void => {
      const entry = this.#entries.get(id);
      if (entry !== undefined) entry.stopping = stopping;
    };
    set(true);
    return () => {
      set(false);
    };
  }

  forget(id: string): void {
    this.#entries.delete(id);
    for (const look of this.#looks) look.forgotten.add(id);
  }

  /** To be called before a list is asked for; {@link settle} or {@link discard} ends it. */
  look(): Look {
    const look = { before: new Set(this.#entries.keys()), forgotten: new Set<string>() };
    this.#looks.add(look);
    return look;
  }

  discard(look: Look): void {
    this.#looks.delete(look);
  }

  /** Takes the answer up, tells of ends that it shows, and says what there is. */
  settle(look: Look, listed: readonly Instance[]): Instance[] {
    this.#looks.delete(look);
    const present = listed.filter(({ id }) => !look.forgotten.has(id));
    const ids = new Set(present.map(({ id }) => id));
    for (const id of look.before) if (!ids.has(id)) this.#vanished(id);
    return present.map((instance) => {
      const known = this.#entries.get(instance.id)?.instance;
      if (known !== undefined && older(instance, known)) return known;
      this.note(instance);
      return instance;
    });
  }

  #vanished(id: string): void {
    const instance = this.running(id);
    if (instance !== undefined) this.note({ ...instance, state: 'exited' });
    if (this.#entries.get(id)?.stopping !== true) this.#entries.delete(id);
  }
}
