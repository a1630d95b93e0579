// Where the update of one app stands, and what is written down about it.

import type { AppTarget } from '../target/types.js';
import type { JournalEntry, JournalKind, UpdateStatus } from '../types.js';
import type { Context } from './context.js';

export class Course {
  readonly #app: string;
  readonly #context: Context;
  readonly #target: () => AppTarget | undefined;
  #status: UpdateStatus = { state: 'idle', since: new Date().toISOString() };

  /** `target`: what the app is on its way to. */
  constructor(app: string, context: Context, target: () => AppTarget | undefined) {
    this.#app = app;
    this.#context = context;
    this.#target = target;
  }

  get status(): UpdateStatus {
    return this.#status;
  }

  /** In words, for whoever is asked to let go. */
  get what(): string {
    const release = this.#target()?.release;
    return release === undefined ? 'removal of the app' : `update to ${release}`;
  }

  /** The update moved on; `since` stays while state and release do. */
  move(update: Omit<UpdateStatus, 'since' | 'release'>): void {
    const release = update.state === 'idle' ? undefined : this.#target()?.release;
    const same = this.#status.state === update.state && this.#status.release === release;
    this.#status = {
      ...update,
      since: same ? this.#status.since : new Date().toISOString(),
      ...(release !== undefined && { release }),
    };
    this.#context.moved(this.#app, this.#status);
  }

  /** Puts it in the journal, for this app and release. */
  note(kind: JournalKind, text: string, more: Partial<JournalEntry> = {}): void {
    const release = this.#target()?.release;
    this.#context.journal.write({
      app: this.#app,
      ...(release !== undefined && { release }),
      ...more,
      kind,
      text,
    });
  }
}
