// The last hour as lanes: when which service was locked, when which update waited and was under way.
// Pure.
//
// Each `lock` entry says what is at its path since then, so an entry that was left out (the journal
// bounds how many there are) costs no more than the truth between two of them.

import type { JournalEntry, LockReport, Status } from '../types.js';

export const HOUR_MS = 3_600_000;

/** From when to when, in milliseconds; `open`: it lasts. */
export interface Span {
  kind: 'held' | 'waiting' | 'updating';
  from: number;
  to: number;
  open?: true;
}

/** One moment that a person will look for. */
export interface Mark {
  at: number;
  kind: 'applied' | 'failed' | 'override' | 'exit';
  text: string;
}

export interface Lane {
  app: string;
  /** Absent: the app's own lane, of its updates. */
  service?: string;
  spans: Span[];
  marks: Mark[];
}

const MARKS: Readonly<Partial<Record<JournalEntry['kind'], Mark['kind']>>> = {
  applied: 'applied',
  failed: 'failed',
  'gave-up': 'failed',
  loss: 'failed',
  override: 'override',
  exit: 'exit',
};

type Phase = Span['kind'] | undefined;

// What an entry of an app says about its update from then on; `false`: nothing.
function phaseOf({ kind }: JournalEntry): Phase | false {
  if (kind === 'wait' || kind === 'window') return 'waiting';
  if (kind === 'take') return 'updating';
  return ['release', 'applied', 'failed', 'gave-up'].includes(kind) ? undefined : false;
}

/** One lane while it is drawn; its threads are the paths in it, for a service may have two. */
class Drawing {
  readonly lane: Lane;
  readonly #open = new Map<string, { kind: Span['kind']; from: number; heard: number }>();

  constructor(app: string, service: string | undefined) {
    this.lane = { app, ...(service !== undefined && { service }), spans: [], marks: [] };
  }

  turn(thread: string, phase: Phase, at: number): void {
    const open = this.#open.get(thread);
    if (open !== undefined) open.heard = at;
    if (open?.kind === phase) return;
    if (open !== undefined) this.lane.spans.push({ kind: open.kind, from: open.from, to: at });
    if (phase === undefined) this.#open.delete(thread);
    else this.#open.set(thread, { kind: phase, from: at, heard: at });
  }

  /** What lasts ends now; what is over without an entry that says so, where it was last heard of. */
  end(lasting: ReadonlyMap<string, Lasting>, now: number): void {
    for (const [thread, { phase, since }] of lasting)
      if (this.#open.get(thread)?.kind !== phase) this.turn(thread, phase, Math.min(since, now));
    for (const [thread, { kind, from, heard }] of this.#open) {
      const lasts = lasting.has(thread);
      this.lane.spans.push({ kind, from, to: lasts ? now : heard, ...(lasts && { open: true }) });
    }
  }
}

interface Lasting {
  phase: Span['kind'];
  since: number;
}

const UPDATE = ''; // the thread of an app's own lane

/** Lanes by app and service, made when they are first asked for. */
class Lanes {
  readonly all: { drawing: Drawing; lasting: Map<string, Lasting> }[] = [];
  readonly #byKey = new Map<string, (typeof this.all)[number]>();

  of(app: string, service?: string): (typeof this.all)[number] {
    const key = JSON.stringify([app, service]);
    let found = this.#byKey.get(key);
    if (found === undefined) {
      found = { drawing: new Drawing(app, service), lasting: new Map() };
      this.#byKey.set(key, found);
      this.all.push(found);
    }
    return found;
  }
}

function drawEntry(lanes: Lanes, entry: JournalEntry): void {
  const { app, service, kind, verdict, path = '', text } = entry;
  if (app === undefined) return;
  const at = Date.parse(entry.at);
  if (kind === 'lock' && verdict !== undefined && service !== undefined)
    lanes.of(app, service).drawing.turn(path, verdict === 'held' ? 'held' : undefined, at);
  const phase = phaseOf(entry);
  if (phase !== false) lanes.of(app).drawing.turn(UPDATE, phase, at);
  const mark = MARKS[kind];
  if (mark !== undefined) lanes.of(app, service).drawing.lane.marks.push({ at, kind: mark, text });
}

function noteWhatLasts(
  lanes: Lanes,
  { apps }: Status,
  locks: readonly LockReport[],
  now: number,
): void {
  const time = (at: string | undefined): number => Date.parse(at ?? '') || now;
  for (const { app, service, path, verdict, ours, since } of locks)
    if (verdict === 'held' && ours !== true && service !== undefined)
      lanes.of(app, service.service).lasting.set(path, { phase: 'held', since: time(since?.at) });
  for (const { id, update } of apps) {
    const phase =
      update.state === 'applying'
        ? 'updating'
        : ['waiting', 'window', 'fleet'].includes(update.state)
          ? 'waiting'
          : undefined;
    if (phase) lanes.of(id).lasting.set(UPDATE, { phase, since: time(update.since) });
  }
}

/** The lanes that have anything to show, by app and service; `now` is the supervisor's. */
export function lanesOf(
  entries: readonly JournalEntry[],
  status: Status,
  locks: readonly LockReport[],
  now: number,
): Lane[] {
  const start = now - HOUR_MS;
  const lanes = new Lanes();
  for (const entry of entries) drawEntry(lanes, entry);
  noteWhatLasts(lanes, status, locks, now);
  return lanes.all
    .map(({ drawing, lasting }) => {
      drawing.end(lasting, now);
      const { spans, marks } = drawing.lane;
      return {
        ...drawing.lane,
        spans: spans
          .filter(({ to }) => to > start)
          .map((span) => ({ ...span, from: Math.max(span.from, start) })),
        marks: marks.filter(({ at }) => at > start),
      };
    })
    .filter(({ spans, marks }) => spans.length + marks.length > 0)
    .sort((a, b) => compare(a.app, b.app) || compare(a.service ?? '', b.service ?? ''));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
