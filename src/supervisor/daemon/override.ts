// The lock override of the whole device: the config variable SUPERVISOR_OVERRIDE_LOCK, from the target
// state or set over the API, whichever came last. Setting it deletes the locks held at that moment,
// once; while it is set every operation is forced; locks taken after it is unset are respected.

import { LockError } from '../../errors.js';
import { inspectAllSync } from '../../inspect/inspect.js';
import { breakSync } from '../../lock/break.js';
import { describe } from '../../lock/blocked.js';
import { dumpConfig, dumpPath } from '../dump.js';
import { overrideIn } from '../target/override.js';
import type { Asked, OverrideStatus } from '../types.js';
import type { StateStore } from '../state.js';
import type { Journal } from '../journal/journal.js';

export class Override {
  readonly #root: string;
  readonly #state: StateStore;
  readonly #journal: Journal;
  #asked: Asked = { who: 'configuration' };
  #last: boolean;

  constructor(root: string, state: StateStore, journal: Journal) {
    this.#root = root;
    this.#state = state;
    this.#journal = journal;
    this.#last = this.status.on;
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

  /**
   * After a change of the target or by request: tells host scripts, and if it has switched, the journal.
   * Switched on, it deletes what is locked at `paths` now, but no supervisor's lock. Whether it switched.
   */
  refresh({ who }: Asked, paths: () => readonly string[]): boolean {
    this.#dump();
    const { on } = this.status;
    if (on === this.#last) return false;
    this.#last = on;
    const kind = on ? 'override-on' : 'override-off';
    const text = `the lock override is ${on ? 'on' : 'off'}, set by ${who}`;
    this.#journal.write({ kind, who, text });
    if (on) this.#deleteLocks(who, paths());
    return true;
  }

  #deleteLocks(who: string, paths: readonly string[]): void {
    for (const seen of inspectAllSync(paths)) {
      if (LockError.is(seen) || seen.verdict === 'free' || seen.id === undefined) continue;
      const about = { who, path: seen.path, ...seen.service };
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

  // Host scripts read it in this file: as it is now, unless nobody ever spoke of one.
  #dump(): void {
    const { on, from } = this.status;
    const word = from !== 'default' && { SUPERVISOR_OVERRIDE_LOCK: String(on) };
    try {
      const config = { ...this.#state.state.target?.config, ...word };
      dumpConfig(dumpPath(this.#root), config);
    } catch (error) {
      if (!LockError.is(error)) throw error;
      this.#journal.write({ kind: 'notice', text: error.message });
    }
  }
}
