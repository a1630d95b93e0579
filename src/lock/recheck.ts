// The safety net of waiters: looks from time to time whether a path is still what was in the way, for
// what no event tells. One timer for all of them, one system call for each.
//
// No event comes when a directory above the lock's own is renamed or mounted over, nor for what another
// machine does on a network filesystem. Where even the inode does not tell (see `sure`), whoever waits
// is woken to judge anew, ever more rarely.

import type { Inspection } from '../inspect/types.js';
import { native } from '../native.js';

const SURE_MS = 5000;
const UNSURE_MS = 1000;
const RAREST = 4;

/** One waiter. */
export interface Recheck {
  readonly path: string;
  readonly blocker: Inspection;
  /** Only its name counts: a kernel lock is waited for otherwise. */
  readonly nameOnly: boolean;
  /** Whether whatever else may end the wait is told by an event. */
  readonly sure: boolean;
  /** How often it was woken without finding anything new. */
  readonly fruitless: number;
  readonly wake: () => void;
  /** Called in each round: it has lasted. */
  readonly lasts: () => void;
}

interface Entry {
  waiter: Recheck;
  left: number;
}

class Rounds {
  readonly #entries = new Set<Entry>();
  readonly #interval: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(interval: number) {
    this.#interval = interval;
  }

  add(waiter: Recheck): () => void {
    const entry = { waiter, left: Math.min(2 ** waiter.fruitless, RAREST) };
    this.#entries.add(entry);
    this.#timer ??= setInterval(() => {
      for (const one of this.#entries) this.#look(one);
    }, this.#interval);
    return () => {
      this.#entries.delete(entry);
      if (this.#entries.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #look(entry: Entry): void {
    const { path, blocker, nameOnly, sure, wake, lasts } = entry.waiter;
    lasts();
    const changed = nameOnly ? -1 : (blocker.changed ?? -1);
    const due = !sure && --entry.left <= 0;
    if (due || !native.unchanged(path, blocker.id ?? '', changed)) wake();
  }
}

const surely = new Rounds(SURE_MS);
const unsurely = new Rounds(UNSURE_MS);

/** Until the function that it gives is called. Keeps the process alive. */
export function recheck(waiter: Recheck): () => void {
  return (waiter.sure ? surely : unsurely).add(waiter);
}
