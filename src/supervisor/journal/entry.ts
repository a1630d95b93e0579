// An entry of the journal as a line of JSON: bounded when it is written, checked when it is read,
// because holders and reasons are text of strangers.

import type { Verdict } from '../../inspect/types.js';
import { printable } from '../../printable.js';
import type { JournalEntry, JournalKind } from '../types.js';

/** An entry before it has a time. */
export type NewEntry = Omit<JournalEntry, 'at'>;

/** The longest line there can be, in bytes, with its newline. */
export const MOST_LINE = 32_768;

const TEXTS = ['app', 'service', 'release', 'path', 'holder', 'reason', 'who'] as const;
const MOST_TEXT = 1000;
const MOST_FIELD = 256;
const MOST_PATH = 1024;

const KINDS: Readonly<Record<JournalKind, true>> = {
  target: true,
  fetch: true,
  fetched: true,
  wait: true,
  window: true,
  fleet: true,
  take: true,
  release: true,
  loss: true,
  retake: true,
  override: true,
  'override-on': true,
  'override-off': true,
  stop: true,
  start: true,
  exit: true,
  applied: true,
  failed: true,
  'gave-up': true,
  operation: true,
  recovery: true,
  started: true,
  stopping: true,
  lock: true,
  notice: true,
};

function isKind(value: unknown): value is JournalKind {
  return typeof value === 'string' && Object.hasOwn(KINDS, value);
}

const VERDICTS: ReadonlySet<unknown> = new Set<Verdict>(['free', 'held', 'stale', 'residue']);

function isVerdict(value: unknown): value is Verdict {
  return VERDICTS.has(value);
}

/** The kinds of entry, for whoever lets people choose one. */
export const JOURNAL_KINDS: readonly JournalKind[] = Object.keys(KINDS).filter(isKind);

// Only known fields, cut to their length and safe for a terminal.
function bounded(
  raw: Readonly<Record<string, unknown>>,
  at: string,
  kind: JournalKind,
): JournalEntry {
  const text = typeof raw['text'] === 'string' ? printable(raw['text'], MOST_TEXT) : '';
  const entry: JournalEntry = { at, kind, text };
  for (const field of TEXTS) {
    const value = raw[field];
    if (typeof value === 'string')
      entry[field] = printable(value, field === 'path' ? MOST_PATH : MOST_FIELD);
  }
  if (typeof raw['seconds'] === 'number' && Number.isFinite(raw['seconds']))
    entry.seconds = raw['seconds'];
  if (isVerdict(raw['verdict'])) entry.verdict = raw['verdict'];
  return entry;
}

/** The entry as it is kept. */
export function dated(entry: NewEntry, now: Date): JournalEntry {
  return bounded({ ...entry }, now.toISOString(), entry.kind);
}

/** The entry of a line; undefined for a torn or strange one. */
export function entryOf(line: string): JournalEntry | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof raw !== 'object' || raw === null) return undefined;
  const fields = raw as Record<string, unknown>;
  const { at, kind } = fields;
  if (typeof at !== 'string' || at.length > 40 || Number.isNaN(Date.parse(at))) return undefined;
  return isKind(kind) ? bounded(fields, at, kind) : undefined;
}
