// What happens to the locks below the services directory, for the journal: apps that lock and let
// go. A service that locks a hundred times a second must not push everything else out of it.

import { basename } from 'node:path';
import { serviceOf } from '../../inspect/service.js';
import type { LockEvent, LockEventKind } from '../../observe/types.js';
import type { JournalEntry } from '../types.js';

const MOST_A_MINUTE = 20;
const MINUTE_MS = 60_000;

// Not `brief`: so short a lock stood in nobody's way, and most are our own tries at what others hold.
const TELLING: ReadonlySet<LockEventKind> = new Set<LockEventKind>([
  'found',
  'took',
  'inherited',
  'released',
  'died',
  'broke',
  'lost',
  'cleared',
  'overflow',
  'unwatched',
]);

interface Count {
  since: number;
  written: number;
  left: number;
}

/** Turns events of an observation into journal entries, and leaves out what is too much. */
export class LockEvents {
  readonly #write: (entry: Omit<JournalEntry, 'at'>) => void;
  readonly #counts = new Map<string, Count>();

  constructor(write: (entry: Omit<JournalEntry, 'at'>) => void) {
    this.#write = write;
  }

  take(event: LockEvent): void {
    if (!TELLING.has(event.kind) || isOurs(event)) return;
    const service = serviceOf(event.path);
    const about = {
      ...(service && { app: service.app, service: service.service }),
      ...(event.path !== '' && { path: event.path }),
    };
    const count = this.#count(event.path);
    if (count.left > 0 && count.written === 0)
      this.#write({
        kind: 'lock',
        ...about,
        text: `${String(count.left)} more events of '${basename(event.path)}' were left out`,
      });
    if (count.written === 0) count.left = 0;
    if (count.written >= MOST_A_MINUTE) {
      count.left++;
      return;
    }
    count.written++;
    this.#write({ kind: 'lock', ...about, text: event.text, verdict: event.verdict });
  }

  #count(path: string): Count {
    const now = performance.now();
    const before = this.#counts.get(path);
    if (before !== undefined && now - before.since < MINUTE_MS) return before;
    const count = { since: now, written: 0, left: before?.left ?? 0 };
    this.#counts.set(path, count);
    if (this.#counts.size > 10_000) this.#counts.clear();
    return count;
  }
}

// Ours are in the journal already, with more to say.
function isOurs({ holder, previous }: LockEvent): boolean {
  return (holder ?? previous)?.pid === process.pid;
}
