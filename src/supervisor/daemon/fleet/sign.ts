// Keeps `fleet-state` as the status is: written when that says something else, not with every request.

import { LockError } from '../../../errors.js';
import { writeSign } from '../../fleet-sign.js';
import type { Journal } from '../../journal/journal.js';
import type { FleetStatus } from '../../types.js';

export class Sign {
  readonly #root: string;
  readonly #journal: Journal;
  #shown = '';
  #failed = false;

  constructor(root: string, journal: Journal) {
    this.#root = root;
    this.#journal = journal;
  }

  show(status: FleetStatus): void {
    const { state, since, text } = status;
    const shown = JSON.stringify([state, since, text]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    try {
      writeSign(this.#root, status);
      this.#failed = false;
    } catch (error) {
      if (!LockError.is(error)) throw error;
      // Nothing hangs on it, so it is said once.
      if (!this.#failed) this.#journal.write({ kind: 'notice', text: error.message });
      this.#failed = true;
    }
  }
}
