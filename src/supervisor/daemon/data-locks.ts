// Lock files that outlive a reboot, because they lie in an app's data directory: watched, so that
// which of them was seen under which boot is always on record.

import { join } from 'node:path';
import { LockError } from '../../errors.js';
import type { LockHistory } from '../../inspect/history.js';
import { inspectAllSync } from '../../inspect/inspect.js';
import type { Inspection } from '../../inspect/types.js';
import { observe, type Observation } from '../../observe/observe.js';
import { LOCK_NAMES } from '../locks/places.js';

/** Keeps `history` up to date for the data directories that it is told of; `changed`: something happened in one. */
export class DataLocks {
  readonly #history: LockHistory;
  readonly #warn: (text: string) => void;
  readonly #changed: () => void;
  readonly #watched = new Map<string, Observation>();

  constructor(history: LockHistory, warn: (text: string) => void, changed: () => void) {
    this.#history = history;
    this.#warn = warn;
    this.#changed = changed;
  }

  /** From now on exactly these directories. */
  set(dirs: readonly string[]): void {
    const paths = new Set(dirs.map((dir) => join(dir, LOCK_NAMES[1])));
    for (const [path, observation] of this.#watched)
      if (!paths.has(path)) {
        observation.close();
        this.#watched.delete(path);
      }
    for (const path of paths) if (!this.#watched.has(path)) this.#watch(path);
  }

  #watch(path: string): void {
    const note = (): void => {
      this.#note(path);
      this.#changed();
    };
    try {
      note();
      this.#watched.set(path, observe([path], { clear: false, onEvent: note }));
    } catch (error) {
      if (!LockError.is(error)) throw error;
      this.#warn(error.message);
    }
  }

  #note(path: string): void {
    const seen = inspectAllSync([path], { search: false });
    try {
      this.#history.note(seen.filter((one): one is Inspection => !LockError.is(one)));
      this.#history.save();
    } catch (error) {
      this.#warn(error instanceof Error ? error.message : String(error));
    }
  }

  close(): void {
    for (const observation of this.#watched.values()) observation.close();
    this.#watched.clear();
  }
}
