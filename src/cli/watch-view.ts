// The picture that `lockbridge watch` keeps on a terminal: the locks, and below them what happened
// last. Pure: what is to be shown, as lines that fit.

import picocolors from 'picocolors';
import type { Inspection, Verdict } from '../inspect/types.js';
import { printable } from '../lock/record.js';
import type { LockEvent } from '../observe/types.js';
import { columns, fit } from './columns.js';
import { age, whoShort } from './people.js';

export interface View {
  locks: readonly Inspection[];
  /** The oldest first. */
  events: readonly LockEvent[];
  width: number;
  height: number;
  color: boolean;
  now: number;
}

/** One event as one line. */
export function eventLine({ at, kind, path, text }: LockEvent): string {
  return `${at.slice(11, 23)}  ${kind.padEnd(9)}  ${printable(path)}${path === '' ? '' : ': '}${printable(text)}`;
}

function cells(seen: Inspection, now: number): string[] {
  const { path, verdict, by, protocol, since, holders, orphans, record } = seen;
  const waiting = holders.filter(({ role }) => role === 'waits').length;
  const notes = [
    orphans.length === 0 ? '' : `${String(orphans.length)} ORPHANED`,
    printable(record?.reason ?? ''),
  ];
  return [
    printable(path),
    by === undefined ? verdict : `${verdict} ${by}`,
    protocol ?? '-',
    since === undefined ? '-' : age(since.at, now) || 'in the future',
    waiting === 0 ? '-' : String(waiting),
    verdict === 'free' ? '-' : whoShort(seen),
    notes.filter((note) => note !== '').join(', '),
  ];
}

const HEAD = ['LOCK', 'VERDICT', 'PROTOCOL', 'AGE', 'WAITING', 'HOLDER', ''];

/** The lines of the picture: at most `height`, each at most `width` wide. */
export function render({ locks, events, width, height, color, now }: View): string[] {
  const paint = picocolors.createColors(color);
  const paints: Record<Verdict, (text: string) => string> = {
    free: paint.red, // listed only for its orphans
    held: paint.yellow,
    stale: paint.green,
    residue: paint.green,
  };
  // A third of the window, and never less than a few lines, tells what happened.
  const forEvents = Math.min(events.length, Math.max(3, Math.floor(height / 3)));
  const room = Math.max(1, height - forEvents - 3);
  const shown = locks.slice(0, locks.length > room ? room - 1 : room);
  const table = columns([HEAD, ...shown.map((one) => cells(one, now))]).split('\n');
  const lines = table.map((line, at) => {
    const verdict = shown[at - 1]?.verdict;
    const text = fit(line, width);
    return verdict === undefined ? paint.bold(text) : paints[verdict](text);
  });
  if (locks.length === 0) lines.push(paint.dim(fit('no locks', width)));
  if (shown.length < locks.length)
    lines.push(paint.dim(fit(`… and ${String(locks.length - shown.length)} more`, width)));
  lines.push('');
  for (const event of events.slice(-forEvents)) lines.push(paint.dim(fit(eventLine(event), width)));
  return lines.slice(0, height);
}
