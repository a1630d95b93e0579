// What is known of the machine during one inspection, and what a look at a path means in it.

import { emptyPolicy } from '../env.js';
import type { LockError } from '../errors.js';
import { KNOWN, native, type RawLook, type RawOpener, type RawOpeners } from '../native.js';
import { originOf } from '../watch.js';
import { failureOf, freeSight, isNothing, policiesFor, Sight } from './answer.js';
import { Directories } from './directories.js';
import { holdersOf } from './holders.js';
import type { InspectOptions } from './inspect.js';
import { PidTable } from './liveness.js';
import { Orphans } from './orphans.js';
import { Processes } from './process.js';
import { View } from './unseen.js';
import { judge } from './verdict.js';

const NOBODY: readonly RawOpener[] = [];
const NOT_SEARCHED: RawOpeners = { found: [], hidden: 0 };

/** Whether a lease was granted, so that nobody has the file open and nobody need be searched for. */
export function nobodyHasIt(look: RawLook): boolean {
  return look.known === KNOWN.indexOf('lease');
}

export class Scene {
  readonly #options: InspectOptions;
  readonly #processes = new Processes();
  readonly #pids = new PidTable();
  readonly #directories = new Directories();
  readonly #openers = new Map<string, RawOpener[]>();
  #view = new View(NOT_SEARCHED);
  #orphans = new Orphans([], this.#processes);

  constructor(options: InspectOptions) {
    // The environment is asked once for all paths.
    this.#options = { ...options, empty: options.empty ?? emptyPolicy() ?? 'held' };
  }

  /** Goes through /proc once, for who has a file open and who holds one that lost its name. */
  search(looks: readonly RawLook[]): void {
    const { search, orphans } = this.#options;
    const nameless = orphans !== false;
    if (search === false || (!nameless && looks.length === 0)) return;
    const ids = [...new Set(looks.map(({ id }) => id))];
    const openers = native.openers(ids, nameless);
    this.#view = new View(openers);
    for (const opener of openers.found) {
      const id = ids[opener.target];
      if (id === undefined) continue;
      const others = this.#openers.get(id);
      if (others === undefined) this.#openers.set(id, [opener]);
      else others.push(opener);
    }
    const without = openers.found.filter(({ target }) => target < 0);
    this.#orphans = new Orphans(without, this.#processes);
  }

  /** Whether somebody holds a lock on a file that was once at the path. */
  orphaned(path: string): boolean {
    return this.#orphans.of(path).length > 0;
  }

  /** What is at the path; LockError if that cannot be said. */
  judge(path: string, look: RawLook): Sight | LockError {
    const orphans = this.#orphans.of(path);
    if (isNothing(look)) return freeSight(path, orphans);
    const failure = failureOf(path, look);
    if (failure !== undefined) return failure;
    const nobody = nobodyHasIt(look);
    const found = (nobody ? undefined : this.#openers.get(look.id)) ?? NOBODY;
    const searched = this.#options.search !== false;
    const { empty, earlierBoot } = policiesFor(this.#options, look);
    const judged = judge(look, {
      path,
      empty,
      earlierBoot,
      pids: this.#pids,
      directories: this.#directories,
      origin: originOf(path),
      openers: { found, complete: this.#view.complete && searched },
    });
    const kernel = holdersOf(look, found, this.#processes);
    const blind = !nobody && !kernel.some(({ role }) => role === 'holds');
    const unseen = blind ? this.#view.sentences(look, found.length, searched) : [];
    return new Sight(path, look, judged, kernel, { orphans, unseen });
  }
}
