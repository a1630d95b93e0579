// Judges a run: what devices asked and were told, and every state that the store went through.
//
// A device holds for certain from the answer that grants until it asks to give back; it may hold from
// the moment it asks until the answer that it gave back. The first may never be more devices than slots;
// and who was refused must have been so while the second could be as many.

import type { Semaphore } from '../../../src/fleet/store/semaphore.js';

/** A state of one group, in the order in which the store took them. */
export interface Change {
  revision: number;
  semaphore: Semaphore;
}

/** One request of a device; times are monotonic milliseconds. */
export interface Call {
  device: string;
  what: 'take' | 'give-back';
  from: number;
  to: number;
  /** `unknown`: no answer, or one that says so. */
  result: 'ok' | 'full' | 'unknown';
  grant?: string;
}

export interface Run {
  slots: number;
  calls: readonly Call[];
  changes: readonly Change[];
  /** Grants that an operator took back, which needs no call of a device. */
  released?: readonly string[];
}

interface Span {
  from: number;
  to: number;
}

/** What is wrong with a run in which at the end every device has given back; empty if nothing is. */
export function violations(run: Run): string[] {
  return [...ofStates(run), ...ofGrants(run), ...ofCertain(run), ...ofRefusals(run)];
}

function* ofStates({ slots, changes }: Run): Generator<string> {
  for (const [at, { revision, semaphore }] of changes.entries()) {
    const { holders } = semaphore;
    const where = `at revision ${String(revision)}`;
    if (revision <= (changes[at - 1]?.revision ?? 0)) yield `${where}: the order of states is lost`;
    if (holders.length > slots)
      yield `${where}: ${String(holders.length)} hold ${String(slots)} slots`;
    if (new Set(holders.map(({ slot }) => slot)).size < holders.length)
      yield `${where}: a slot is held twice`;
    if (new Set(holders.map(({ id }) => id)).size < holders.length)
      yield `${where}: a device holds twice`;
    if (holders.some(({ slot }) => slot >= slots)) yield `${where}: there is no such slot`;
  }
  const left = changes.at(-1)?.semaphore.holders.length ?? 0;
  if (left > 0) yield `at the end ${String(left)} slots are lost`;
}

// Each grant is one device's, begins once and ends once, and ends because its device wanted that.
function* ofGrants({ changes, calls, released = [] }: Run): Generator<string> {
  const device = new Map<string, string>();
  const over = new Set<string>();
  let now = new Map<string, string>();
  for (const { semaphore } of changes) {
    const next = new Map(semaphore.holders.map(({ grant, id }) => [grant, id]));
    for (const [grant, id] of next) {
      if (over.has(grant)) yield `grant ${grant} came back after its end`;
      if ((device.get(grant) ?? id) !== id) yield `grant ${grant} went to another device`;
      device.set(grant, id);
    }
    for (const grant of now.keys()) if (!next.has(grant)) over.add(grant);
    now = next;
  }
  const givesBack = new Set(
    calls.filter(({ what }) => what === 'give-back').map((call) => call.device),
  );
  for (const grant of over)
    if (!released.includes(grant) && !givesBack.has(device.get(grant) ?? ''))
      yield `grant ${grant} was taken from its device`;
  for (const { what, result, grant = '', device: id } of calls)
    if (what === 'take' && result === 'ok' && device.get(grant) !== id)
      yield `device ${id} was told of a grant that the store never had`;
}

function* ofCertain({ slots, calls }: Run): Generator<string> {
  const spans = byDevice(calls).flatMap(([id, own]) => certain(id, own));
  const most = mostAtOnce(spans);
  if (most > slots)
    yield `${String(most)} devices were sure to hold ${String(slots)} slots at once`;
}

function certain(_id: string, own: readonly Call[]): Span[] {
  const spans: Span[] = [];
  let since: number | undefined;
  for (const { what, result, from, to } of own) {
    if (what === 'take' && result === 'ok') since ??= to;
    if (what !== 'give-back' || since === undefined) continue;
    spans.push({ from: since, to: from });
    since = undefined;
  }
  return spans;
}

function possible(own: readonly Call[]): Span[] {
  const spans: Span[] = [];
  let since: number | undefined;
  for (const { what, result, from, to } of own) {
    if (what === 'take' && result !== 'full') since ??= from;
    if (what !== 'give-back' || result !== 'ok' || since === undefined) continue;
    spans.push({ from: since, to });
    since = undefined;
  }
  if (since !== undefined) spans.push({ from: since, to: Infinity });
  return spans;
}

function* ofRefusals({ slots, calls }: Run): Generator<string> {
  const spans = byDevice(calls).flatMap(([, own]) => possible(own));
  for (const { device, from, to, result } of calls) {
    if (result !== 'full') continue;
    const meanwhile = spans.filter((span) => span.from <= to && span.to >= from);
    if (mostAtOnce(meanwhile) < slots)
      yield `device ${device} was refused while a slot was free for certain`;
  }
}

function byDevice(calls: readonly Call[]): [string, Call[]][] {
  const all = new Map<string, Call[]>();
  for (const call of calls) all.set(call.device, [...(all.get(call.device) ?? []), call]);
  return [...all].map(([id, own]) => [id, own.sort((a, b) => a.from - b.from)]);
}

/** The largest number of spans that share a moment; those that only touch do not. */
function mostAtOnce(spans: readonly Span[]): number {
  const edges = spans
    .filter(({ from, to }) => from < to)
    .flatMap(({ from, to }) => [
      { at: from, step: 1 },
      { at: to, step: -1 },
    ]);
  edges.sort((a, b) => a.at - b.at || a.step - b.step);
  let now = 0;
  let most = 0;
  for (const { step } of edges) {
    now += step;
    most = Math.max(most, now);
  }
  return most;
}
