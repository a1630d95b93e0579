// Clears what is proven to be residue, once it has been quiet for a moment: an existence locker
// would take it for a lock for ever. Adopted under its kernel locks, judged again, unlinked under a
// lease, and only the very file that was judged. What only a policy calls residue is left, and so is
// a stale lock: it tells of a crash, and the next lockbridge takes it anyway.

import { LockError } from '../errors.js';
import { inspectSync } from '../inspect/inspect.js';
import type { Inspection } from '../inspect/types.js';
import { breakSync } from '../lock/break.js';
import { ORIGIN } from '../native.js';
import { originOf } from '../watch.js';

const QUIET_MS = 500;
const SLOWEST_MS = 60_000;

interface Pending {
  id: string;
  delay: number;
  timer: NodeJS.Timeout | undefined;
}

// By proof, not by a policy.
function isResidue({ verdict, evidence }: Inspection): boolean {
  return verdict === 'residue' && !evidence.some(({ kind }) => kind === 'policy');
}

// A look by name cannot see who has it open outside this pid namespace (a supervisor in a container);
// opening it can: a lease is granted only if nobody has. Worth an open only for what a locker left.
function mayBeResidue({ path, id, by, protocol, record, evidence }: Inspection): boolean {
  if (by !== 'undecidable' || !evidence.some(({ kind }) => kind === 'openers-hidden')) return false;
  const origin = originOf(path);
  const seenMade = origin?.id === id && origin?.origin === ORIGIN.kernel;
  return seenMade || (protocol === 'lockbridge' && record === undefined);
}

export class Clearing {
  readonly #allowed: boolean;
  readonly #cleared: (path: string) => void;
  readonly #pending = new Map<string, Pending>();

  constructor(allowed: boolean, cleared: (path: string) => void) {
    this.#allowed = allowed;
    this.#cleared = cleared;
  }

  /** Whether nothing is to be cleared. */
  get idle(): boolean {
    return [...this.#pending.values()].every(({ timer }) => timer === undefined);
  }

  /** Something happened to the file: not quiet. */
  stir(path: string): void {
    const pending = this.#pending.get(path);
    clearTimeout(pending?.timer);
    if (pending !== undefined) pending.timer = undefined;
  }

  /** What was seen last. */
  consider(seen: Inspection): void {
    const { path, id, holders } = seen;
    if (!this.#allowed || id === undefined || !(isResidue(seen) || mayBeResidue(seen))) {
      this.stir(path);
      this.#pending.delete(path);
      return;
    }
    if (holders.some(({ role }) => role !== 'named')) return;
    const before = this.#pending.get(path);
    const pending =
      before?.id === id
        ? before
        : { id, delay: QUIET_MS, timer: undefined as NodeJS.Timeout | undefined };
    clearTimeout(pending.timer);
    pending.timer = setTimeout(() => {
      this.#clear(path, pending);
    }, pending.delay);
    this.#pending.set(path, pending);
  }

  close(): void {
    for (const path of this.#pending.keys()) this.stir(path);
    this.#pending.clear();
  }

  #clear(path: string, pending: Pending): void {
    pending.timer = undefined;
    // A refusal opens and closes the file too, and so comes back here: ever more rarely.
    pending.delay = Math.min(pending.delay * 2, SLOWEST_MS);
    try {
      const now = inspectSync(path, { empty: 'held' });
      if (now.id !== pending.id || !isResidue(now)) return;
      breakSync(path, { id: pending.id, empty: 'held', reason: 'lockbridge watch: residue' });
    } catch (error) {
      if (!LockError.is(error)) throw error;
      return; // taken meanwhile, or not ours to remove
    }
    this.#pending.delete(path);
    this.#cleared(path);
  }
}
