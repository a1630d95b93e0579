// Times and people in few words.

import { expect, it } from 'vitest';
import type { LockReport } from '../../../../src/supervisor/types.js';
import {
  ageOf,
  duration,
  holderText,
  placeOf,
  plural,
  waitersOf,
} from '../../../../src/supervisor/page/words.js';
import { blocker } from '../../../helpers/memory-supervisor.js';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const report = (more: Partial<LockReport> = {}): LockReport => ({
  ...blocker('1', 'main'),
  app: '1',
  ...more,
});

it.each([
  [0, '0 s'],
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [200_000, '3 min 20 s'],
  [3_600_000, '1 h'],
  [3_659_000, '1 h'],
  [7_260_000, '2 h 1 min'],
  [90_000_000, '1 d 1 h'],
])('%i ms is %s', (milliseconds, text) => {
  expect(plain(duration(milliseconds))).toBe(text);
});

it('an age that nobody knows is said to be so, and none is negative', () => {
  expect(ageOf(undefined, 0)).toBe('?');
  expect(ageOf('nonsense', 0)).toBe('?');
  expect(plain(ageOf('1970-01-01T00:00:10Z', 0))).toBe('0 s');
});

it('counts with the right word', () => {
  expect([plural(1, 'lock'), plural(2, 'process', 'processes')]).toEqual(['1 lock', '2 processes']);
});

it.each<[string, Partial<LockReport>, string]>([
  ['who has the kernel lock', {}, 'backup · pid 42'],
  ['our own', { ours: true }, 'this supervisor'],
  [
    'who is in a container',
    {
      holders: [
        {
          ...{ pid: 7, role: 'holds', source: 'flock', command: 'flock' },
          container: { engine: 'podman', id: 'a'.repeat(64), name: 'web' },
        },
      ],
    },
    'flock · pid 7, container web',
  ],
  ['whom the record names', { holders: [] }, 'backup · pid 42 of box, says its record'],
  [
    'who waits holds nothing',
    { holders: [{ pid: 9, role: 'waits', source: 'flock' }] },
    'backup · pid 42 of box, says its record',
  ],
])('names %s', (_what, more, text) => {
  expect(holderText(report(more))).toBe(text);
});

it('says that nobody can be named, and what an empty file may be', () => {
  const { record: _record, ...unknown } = report({ holders: [] });
  expect(holderText(unknown)).toBe('nobody who can be named');
  expect(holderText({ ...unknown, by: 'undecidable' })).toContain('left by a finished flock');
});

it('lists those who wait, and only them', () => {
  const holders = [...report().holders, { pid: 9, role: 'waits', source: 'flock' } as const];
  expect(waitersOf(report({ holders }))).toEqual(['pid 9']);
});

it('a lock without a service is one of the data directory', () => {
  const { service: _service, ...lock } = report({ path: '/mnt/app/resin-updates.lock' });
  expect(placeOf(lock)).toBe('/data/resin-updates.lock');
});
