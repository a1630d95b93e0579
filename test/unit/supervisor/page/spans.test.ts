// The last hour as lanes, from what the journal says and what is so now.

import { expect, it } from 'vitest';
import { lanesOf, type Lane } from '../../../../src/supervisor/page/spans.js';
import type {
  JournalEntry,
  LockReport,
  Status,
  UpdateStatus,
} from '../../../../src/supervisor/types.js';
import { blocker } from '../../../helpers/memory-supervisor.js';

const NOW = Date.parse('2026-11-24T12:00:00.000Z');
const MINUTE = 60_000;

const at = (minutesAgo: number): string => new Date(NOW - minutesAgo * MINUTE).toISOString();

const lock = (
  minutesAgo: number,
  verdict: 'held' | 'free',
  more: Partial<JournalEntry> = {},
): JournalEntry => ({
  ...{
    at: at(minutesAgo),
    kind: 'lock',
    app: '1',
    service: 'main',
    path: '/l',
    text: 't',
    verdict,
  },
  ...more,
});
const course = (minutesAgo: number, kind: JournalEntry['kind']): JournalEntry => ({
  ...{ at: at(minutesAgo), kind, app: '1', text: kind },
});

function status(update: UpdateStatus = { state: 'idle', since: at(9) }): Status {
  return {
    name: 'd',
    override: { on: false, from: 'default' },
    apps: [{ id: '1', name: 'one', update, services: [] }],
  };
}

function held(minutesAgo: number, more: Partial<LockReport> = {}): LockReport {
  const since = { at: at(minutesAgo), from: 'record' } as const;
  return { ...blocker('1', 'main'), path: '/l', app: '1', since, ...more };
}

/** Each span as its kind and its ends, in minutes ago. */
const brief = (lanes: readonly Lane[]): unknown =>
  lanes.map(({ service = '-', spans }) => [
    service,
    ...spans.map(({ kind, from, to, open }) => [
      kind,
      (NOW - from) / MINUTE,
      open ? 'now' : (NOW - to) / MINUTE,
    ]),
  ]);

it('a lock lasts from the entry that says held to the one that says otherwise', () => {
  const entries = [lock(40, 'held'), lock(30, 'free'), lock(20, 'held'), lock(10, 'free')];
  expect(brief(lanesOf(entries, status(), [], NOW))).toEqual([
    ['main', ['held', 40, 30], ['held', 20, 10]],
  ]);
});

it('who shares a lock and lets go does not end it', () => {
  const entries = [lock(40, 'held'), lock(30, 'held'), lock(20, 'free')];
  expect(brief(lanesOf(entries, status(), [], NOW))).toEqual([['main', ['held', 40, 20]]]);
});

it('what is held now lasts until now, also if no entry is left of its beginning', () => {
  expect(brief(lanesOf([lock(5, 'held')], status(), [held(5)], NOW))).toEqual([
    ['main', ['held', 5, 'now']],
  ]);
  expect(brief(lanesOf([], status(), [held(5)], NOW))).toEqual([['main', ['held', 5, 'now']]]);
});

it('what is free now without an entry that says so ends where it was last heard of', () => {
  const entries = [lock(40, 'held'), lock(30, 'held')];
  expect(brief(lanesOf(entries, status(), [], NOW))).toEqual([['main', ['held', 40, 30]]]);
});

it('two lock files of a service are two spans of one lane', () => {
  const entries = [lock(40, 'held'), lock(35, 'held', { path: '/m' }), lock(30, 'free')];
  expect(brief(lanesOf([...entries, lock(20, 'free', { path: '/m' })], status(), [], NOW))).toEqual(
    [['main', ['held', 40, 30], ['held', 35, 20]]],
  );
});

it('an update waits until it is taken, and is under way until it is released', () => {
  const entries = [
    course(30, 'wait'),
    course(25, 'wait'),
    course(20, 'take'),
    course(19, 'release'),
  ];
  expect(brief(lanesOf(entries, status(), [], NOW))).toEqual([
    ['-', ['waiting', 30, 20], ['updating', 20, 19]],
  ]);
});

it('an update that waits now does so until now', () => {
  const update = { state: 'waiting', since: at(7) } as const;
  expect(brief(lanesOf([course(7, 'wait')], status(update), [], NOW))).toEqual([
    ['-', ['waiting', 7, 'now']],
  ]);
});

it("the supervisor's own locks and those of data directories make no lane", () => {
  const { service: _service, ...data } = held(5);
  expect(lanesOf([], status(), [held(5, { ours: true }), data], NOW)).toEqual([]);
});

it('what ended before the hour is left out, what began before it is cut', () => {
  const entries = [
    lock(90, 'held'),
    lock(80, 'free'),
    course(70, 'applied'),
    lock(65, 'held'),
    lock(50, 'free'),
  ];
  expect(brief(lanesOf(entries, status(), [], NOW))).toEqual([['main', ['held', 60, 50]]]);
});

it('moments are marked where they belong', () => {
  const entries: JournalEntry[] = [
    course(20, 'applied'),
    { ...course(10, 'override'), service: 'main' },
    course(5, 'gave-up'),
  ];
  const lanes = lanesOf(entries, status(), [], NOW);
  expect(lanes.map(({ service, marks }) => [service, marks.map(({ kind }) => kind)])).toEqual([
    [undefined, ['applied', 'failed']],
    ['main', ['override']],
  ]);
});
