// Events as a picture: the Trace Event format that Perfetto (ui.perfetto.dev) and chrome://tracing
// open. Each process is a track with one row for each lock that it holds or waits for.
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU

import type { Holder } from '../inspect/types.js';
import type { LockEvent } from './types.js';

/** One record of the format; `ts` in microseconds. */
export interface TraceRecord {
  name: string;
  ph: 'B' | 'E' | 'i' | 'M';
  pid: number;
  tid: number;
  ts?: number;
  cat?: string;
  s?: 'g' | 't';
  args?: Record<string, unknown>;
}

type Slice = 'holds' | 'waits' | 'ORPHANED';

interface Row {
  pid: number;
  tid: number;
}

// Numbers of our own start above every pid (PID_MAX_LIMIT). Holders that nobody can see, such as those
// of existence locks, share a track.
const UNSEEN = 4_194_305;
const MOST_REMEMBERED = 50_000;

// Without the program's directory: of a name that begins with `/` Perfetto shows what is behind the last
// one, be it in an argument.
function titleOf({ pid, command, container }: Holder): string {
  const where = container?.service ?? container?.name ?? container?.id.slice(0, 12);
  const title = command?.replace(/^\/(\S*\/)?(?=\S)/, '') ?? `pid ${String(pid)}`;
  return `${where === undefined ? '' : `${where}: `}${title}`;
}

/** Turns events into records, one after the other; keeps only what is going on. */
export class Tracer {
  readonly #titles = new Map<number, string>();
  readonly #rows = new Map<string, number>();
  #next = UNSEEN;
  readonly #open = new Map<string, Row & { name: Slice }>();

  records(event: LockEvent): TraceRecord[] {
    const { kind, holder, previous, us } = event;
    switch (kind) {
      case 'found':
      case 'took':
        return event.verdict === 'held' ? this.#begin('holds', event, holder) : [];
      case 'waits':
        return this.#begin('waits', event, holder);
      case 'inherited':
        return [...this.#end(event, previous), ...this.#begin('holds', event, holder)];
      case 'gave-up':
      case 'released':
        return this.#end(event, holder);
      case 'closed':
        return this.#end(event, holder, 'ORPHANED');
      case 'died':
        return [...this.#mark(event, holder), ...this.#end(event, holder)];
      case 'broke':
        // Of an existence lock nobody else will say that it has ended.
        return [
          ...this.#mark(event, previous),
          ...(seen(previous) ? [] : this.#end(event, previous)),
        ];
      case 'lost':
        return [
          ...this.#mark(event, holder),
          ...this.#end(event, holder),
          ...(event.orphaned === true ? this.#begin('ORPHANED', event, holder) : []),
        ];
      case 'overflow':
        return [{ name: kind, ph: 'i', s: 'g', pid: UNSEEN, tid: UNSEEN, ts: us }];
      case 'watching':
      case 'unwatched':
        return [];
      default:
        return this.#mark(event, holder);
    }
  }

  /** Ends whatever is going on. */
  end(us: number): TraceRecord[] {
    const records = [...this.#open.values()].map(({ name, pid, tid }): TraceRecord => ({
      name,
      ph: 'E',
      pid,
      tid,
      ts: us,
    }));
    this.#open.clear();
    return records;
  }

  #begin(name: Slice, event: LockEvent, holder: Holder | undefined): TraceRecord[] {
    const ended = this.#end(event, holder, name);
    const label = name === 'ORPHANED' ? `${event.path} (orphaned)` : event.path;
    const { row, records } = this.#row(holder, label);
    this.#open.set(key(event, holder, name), { ...row, name });
    const args = { path: event.path, protocol: event.protocol, id: event.id, text: event.text };
    return [...ended, ...records, { name, ph: 'B', cat: 'lock', ...row, ts: event.us, args }];
  }

  #end(event: LockEvent, holder: Holder | undefined, name: Slice = 'holds'): TraceRecord[] {
    const at = key(event, holder, name);
    const open = this.#open.get(at);
    if (open === undefined) return [];
    this.#open.delete(at);
    const { pid, tid } = open;
    return [{ name: open.name, ph: 'E', pid, tid, ts: event.us }];
  }

  #mark(event: LockEvent, holder: Holder | undefined): TraceRecord[] {
    const { row, records } = this.#row(holder, event.path);
    const args = { path: event.path, id: event.id, text: event.text };
    return [
      ...records,
      { name: event.kind, ph: 'i', s: 't', cat: 'lock', ...row, ts: event.us, args },
    ];
  }

  #row(holder: Holder | undefined, label: string): { row: Row; records: TraceRecord[] } {
    const records: TraceRecord[] = [];
    const pid = seen(holder) ? holder.pid : UNSEEN;
    const title = seen(holder) ? titleOf(holder) : 'holders that cannot be seen';
    const at = `${String(pid)} ${label}`;
    const known = this.#rows.get(at);
    const tid = known ?? ++this.#next;
    const meta = (name: string, value: string): void => {
      records.push({ name, ph: 'M', pid, tid, args: { name: value } });
    };
    if (this.#titles.get(pid) !== title) {
      if (this.#titles.size >= MOST_REMEMBERED) this.#titles.clear();
      this.#titles.set(pid, title);
      meta('process_name', title);
    }
    if (known === undefined) {
      if (this.#rows.size >= MOST_REMEMBERED) this.#rows.clear();
      this.#rows.set(at, tid);
      meta('thread_name', label);
    }
    return { row: { pid, tid }, records };
  }
}

// A pid that a file names is a number of some unknown namespace: no process to draw.
function seen(holder: Holder | undefined): holder is Holder {
  return holder !== undefined && holder.role !== 'named';
}

function key({ path }: LockEvent, holder: Holder | undefined, name: Slice): string {
  const row = name === 'ORPHANED' ? name : 'live';
  return `${row} ${String(seen(holder) ? holder.pid : UNSEEN)} ${path}`;
}
