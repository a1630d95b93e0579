// The lock override of the whole device: the config variable SUPERVISOR_OVERRIDE_LOCK, from the target
// state or set over the API, whichever came last. Setting it deletes the locks held at that moment,
// once; while it is set every operation is forced; locks taken after it is unset are respected.

import { LockError } from '../../errors.js';
import { inspectAllSync } from '../../inspect/inspect.js';
import { breakSync } from '../../lock/break.js';
import { describe } from '../../lock/blocked.js';
import { overrideIn } from '../target/override.js';
import type { Asked, OverrideStatus } from '../types.js';
import type { StateStore } from '../state.js';
import type { Journal } from '../journal/journal.js';

export class Override {
  readonly #state: StateStore;
  readonly #journal: Journal;
  #asked: Asked = { who: 'configuration' };

  constructor(state: StateStore, journal: Journal) {
    this.#state = state;
    this.#journal = journal;
  }

  get status(): OverrideStatus {
    const { override, target } = this.#state.state;
    if (override !== undefined) return { on: override, from: 'api' };
    const configured = overrideIn(target?.config ?? {});
    return configured === undefined
      ? { on: false, from: 'default' }
      : { on: configured, from: 'target-state' };
  }

  /** On whose behalf locks are overridden, if they are. */
  get asked(): Asked | undefined {
    return this.status.on ? { ...this.#asked, force: true } : undefined;
  }

  set(on: boolean, asked: Asked): void {
    this.#asked = { who: asked.who };
    this.#state.update((all) => {
      all.override = on;
    });
  }

  /** Puts on record that it was switched; on: deletes what is locked now, but no supervisor's lock. */
  switched(on: boolean, { who }: Asked, paths: readonly string[]): void {
    const state = on ? 'on' : 'off';
    const kind = on ? 'override-on' : 'override-off';
    this.#journal.write({ kind, who, text: `the lock override is ${state}, set by ${who}` });
    if (!on) return;
    for (const seen of inspectAllSync(paths)) {
      if (LockError.is(seen) || seen.verdict === 'free' || seen.id === undefined) continue;
      const about = { who, path: seen.path, ...(seen.service && seen.service) };
      try {
        breakSync(seen.path, { force: true, id: seen.id, reason: 'lock override' });
        const text = `deleted by the override: ${describe(seen)}`;
        this.#journal.write({ kind: 'override', ...about, text });
      } catch (error) {
        if (!LockError.is(error)) throw error;
        this.#journal.write({ kind: 'notice', ...about, text: error.message });
      }
    }
  }
}
