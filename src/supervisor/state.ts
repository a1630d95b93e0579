// The daemon's memory, in one file of its own directory (0700; the file 0600: it holds the apps' keys).
//
// Guarantee: an update of it that has returned survives kill -9 and power loss; one that has not is
// there whole or not at all. A file that cannot be understood is never overwritten: the daemon does
// not start, because without its memory it would stop or start services by guesswork.
// Not protected: two daemons with one directory.

import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LockError } from '../errors.js';
import { readWhole, saveWhole, whyOf } from '../files.js';
import { emptyState, stateFile, type State } from './state-file.js';
import { fieldName } from './target/problems.js';

export type { Applying, State } from './state-file.js';

const NAME = 'state.json';
const MOST_BYTES = 2 ** 24;

export class StateStore {
  readonly file: string;
  #state: State;

  /** Makes the directory if need be, and reads. LockError (ERR_TARGET) if the file is not usable. */
  constructor(dir: string) {
    this.file = join(dir, NAME);
    this.#try('make', () => mkdirSync(dir, { recursive: true, mode: 0o700 }));
    // What a daemon that was killed amid a save has left.
    for (const name of this.#try('read', () => readdirSync(dir)))
      if (/^state\.json\.\d+$/.test(name)) rmSync(join(dir, name), { force: true });
    this.#state = this.#load();
  }

  /** As it was last saved. Not to be changed: `update` makes another. */
  get state(): Readonly<State> {
    return this.#state;
  }

  /**
   * Saves a copy that `change` has changed. LockError (ERR_LOCK_CREATE) if it cannot be written; then
   * the state is what it was.
   */
  update(change: (draft: State) => void): Readonly<State> {
    const next = structuredClone(this.#state);
    change(next);
    this.#try('write', () => {
      saveWhole(this.file, `${JSON.stringify({ lockbridgeState: 1, ...next })}\n`, 0o600);
    });
    return (this.#state = next);
  }

  #load(): State {
    let text: string;
    try {
      const whole = readWhole(this.file, MOST_BYTES, false);
      if (whole === undefined) return emptyState();
      text = whole.text;
    } catch (error) {
      throw this.#unusable(whyOf(error), error);
    }
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw this.#unusable('it is not JSON', error);
    }
    const { data, error } = stateFile.safeParse(json);
    if (error === undefined) {
      const { lockbridgeState: _, ...state } = data;
      return state;
    }
    const [issue] = error.issues;
    throw this.#unusable(`${fieldName(issue?.path ?? [])}: ${issue?.message ?? ''}`, error);
  }

  #unusable(why: string, cause: unknown): LockError {
    const begin = `mv '${this.file}' '${this.file}.corrupt'`;
    return new LockError(
      'ERR_TARGET',
      `the supervisor's state '${this.file}' is not usable (${why}); put back a copy of it, or begin anew with: ${begin}`,
      { path: this.file, cause },
    );
  }

  #try<T>(what: string, act: () => T): T {
    try {
      return act();
    } catch (cause) {
      throw new LockError(
        'ERR_LOCK_CREATE',
        `cannot ${what} the supervisor's state '${this.file}': ${whyOf(cause)}`,
        { path: this.file, cause },
      );
    }
  }
}
