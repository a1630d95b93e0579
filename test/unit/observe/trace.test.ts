// Events as tracks: every slice ends on the row where it began.

import { expect, it } from 'vitest';
import type { Holder, LockEvent } from '../../../src/index.js';
import { Tracer, type TraceRecord } from '../../../src/observe/trace.js';

const H = (pid: number): Holder => ({
  pid,
  role: 'holds',
  source: 'flock',
  command: `program ${String(pid)}`,
});

let us = 0;
const event = (
  kind: LockEvent['kind'],
  holder?: Holder,
  more: Partial<LockEvent> = {},
): LockEvent => ({
  at: '2026-01-01T00:00:00.000Z',
  us: ++us,
  kind,
  path: '/l',
  verdict: 'held',
  text: kind,
  ...(holder && { holder }),
  ...more,
});

/** `pid name` of every slice that is open after the records, and of every one that ended. */
function slices(records: readonly TraceRecord[]): { open: string[]; ended: string[] } {
  const rows = new Map<string, string>();
  const ended: string[] = [];
  for (const { ph, pid, tid, name } of records) {
    const row = `${String(pid)}/${String(tid)}`;
    if (ph === 'B') {
      expect(rows.get(row)).toBeUndefined();
      rows.set(row, `${String(pid)} ${name}`);
    } else if (ph === 'E') {
      expect(rows.get(row)).toBe(`${String(pid)} ${name}`);
      ended.push(`${String(pid)} ${name}`);
      rows.delete(row);
    }
  }
  return { open: [...rows.values()], ended };
}

const trace = (...events: LockEvent[]): TraceRecord[] => {
  const tracer = new Tracer();
  return events.flatMap((one) => tracer.records(one));
};

it('waiting becomes holding on the same row, and ends', () => {
  const records = trace(
    event('took', H(7)),
    event('waits', { ...H(8), role: 'waits' }),
    event('released', H(7)),
    event('took', H(8)),
    event('released', H(8)),
  );
  expect(slices(records)).toEqual({ open: [], ended: ['7 holds', '8 waits', '8 holds'] });
  const names = records.filter(({ name }) => name === 'process_name');
  expect(names.map(({ pid, args }) => [pid, args?.['name']])).toEqual([
    [7, 'program 7'],
    [8, 'program 8'],
  ]);
});

it('one who lost its lock holds no more; its orphan is a row of its own until it is closed', () => {
  const start = [
    event('took', H(7)),
    event('broke', H(8), { previous: H(7) }),
    event('lost', H(7), { orphaned: true }),
    event('took', H(8)),
  ];
  expect(slices(trace(...start))).toEqual({ open: ['7 ORPHANED', '8 holds'], ended: ['7 holds'] });
  expect(slices(trace(...start, event('closed', H(7)))).open).toEqual(['8 holds']);
});

it('the heir goes on where the taker ends', () => {
  const inherited = event('inherited', H(8), { previous: H(7) });
  expect(slices(trace(event('took', H(7)), inherited)).open).toEqual(['8 holds']);
});

it('a holder that cannot be seen has a track too, and a pid that a file names has none', () => {
  const records = trace(event('took', { ...H(9), role: 'named' }), event('released'));
  expect(records.map(({ pid }) => pid)).not.toContain(9);
  expect(slices(records).ended).toHaveLength(1);
});

it('the same lock taken twice over is one slice after the other', () => {
  const records = trace(event('took', H(7)), event('took', H(7)));
  expect(slices(records)).toEqual({ open: ['7 holds'], ended: ['7 holds'] });
});

it('the end ends everything', () => {
  const tracer = new Tracer();
  const records = [event('took', H(7)), event('waits', H(8))].flatMap((one) => tracer.records(one));
  expect(slices([...records, ...tracer.end(99)]).open).toEqual([]);
  expect(tracer.end(100)).toEqual([]);
});

it('a track is named by the command, without the directory of its program', () => {
  const named = (command: string): unknown =>
    new Tracer().records(event('took', { ...H(7), command }))[0]?.args?.['name'];
  expect(named('/usr/bin/flock -o /tmp/a.lock /bin/sh')).toBe('flock -o /tmp/a.lock /bin/sh');
  expect(named('flock /tmp/a.lock')).toBe('flock /tmp/a.lock');
  expect(named('/init')).toBe('init');
  expect(named('/')).toBe('/');
});
