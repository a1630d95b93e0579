// Overriding somebody's lock, step by step: show whose it is, let a person agree, look again, and ask
// the supervisor only if the same holders are there. The moment between that look and its answer is
// not covered; the journal says whose lock it was in the end.

import type { Api, Snapshot } from './api.js';
import { byId, el } from './dom.js';
import { patchChildren } from './patch.js';
import { namesOf } from './words.js';
import { affected, fingerprint, isPending, type Affected } from './pending.js';
import { dialogView, type Question } from './view/dialog.js';

function concerned(question: Question, { status, locks }: Snapshot): Affected {
  return affected(status, locks, question === 'force' ? isPending : () => true);
}

export class Confirmation {
  readonly #dialog = byId('dialog', HTMLDialogElement);
  readonly #now: () => number;
  #question: Question = 'force';
  #shown = '';

  constructor(now: () => number) {
    this.#now = now;
  }

  ask(question: Question, snapshot: Snapshot): void {
    this.#question = question;
    this.#show(snapshot, false);
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#dialog.querySelector<HTMLElement>('[data-do=cancel]')?.focus();
  }

  close(): void {
    this.#dialog.close();
  }

  /** What to do now that a person has agreed; undefined if the holders are not those that were shown. */
  async agreed(api: Api): Promise<Question | undefined> {
    const question = this.#question;
    const snapshot = await api.snapshot();
    if (!this.#dialog.open) return undefined;
    if (fingerprint(concerned(question, snapshot)) !== this.#shown) {
      this.#show(snapshot, true);
      return undefined;
    }
    this.close();
    return question;
  }

  #show(snapshot: Snapshot, changed: boolean): void {
    const about = concerned(this.#question, snapshot);
    this.#shown = fingerprint(about);
    const view = dialogView(this.#question, about, {
      now: this.#now(),
      names: namesOf(snapshot),
      changed,
    });
    patchChildren(this.#dialog, [...el('div', {}, view).childNodes]);
  }
}
