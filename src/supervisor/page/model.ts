// What the page knows, in one place; the views are functions of it.

import type { JournalEntry } from '../types.js';
import type { Snapshot } from './api.js';

const MOST_ENTRIES = 2000;

export interface Model {
  /** `lost`: what is shown may be old. */
  phase: 'signed-out' | 'connecting' | 'live' | 'lost';
  /** Why the last key was refused, or the connection is lost. */
  why?: string;
  snapshot?: Snapshot;
  /** The journal, the oldest entry first. */
  entries: JournalEntry[];
  /** How many of the log's entries are shown. */
  shown: number;
  /** What was just asked for, or refused. */
  notice?: { text: string; bad: boolean };
}

export const SHOWN_AT_FIRST = 20;

/** The time of the supervisor's clock. */
export function nowOf({ snapshot }: Model): number {
  return Date.now() + (snapshot?.ahead ?? 0);
}

/** Entries of the history, then those that came meanwhile, each once. */
export function joined(
  history: readonly JournalEntry[],
  more: readonly JournalEntry[],
): JournalEntry[] {
  const last = history.at(-1)?.at ?? '';
  const known = new Set(history.slice(-200).map((entry) => JSON.stringify(entry)));
  const fresh = more.filter((entry) => entry.at >= last && !known.has(JSON.stringify(entry)));
  return [...history, ...fresh].slice(-MOST_ENTRIES);
}
