// When maintenance windows are open: fixed dates, both changes of the clocks, windows that overlap.

import { describe, expect, it } from 'vitest';
import type { MaintenanceWindow } from '../../../src/supervisor/target/types.js';
import { nextOpening } from '../../../src/supervisor/target/windows.js';

const HOUR = 3_600_000;
const at = (cron: string, hours: number, timezone = 'UTC'): MaintenanceWindow => ({
  cron,
  length: hours * HOUR,
  timezone,
});
const BERLIN = at('0 2 * * *', 3, 'Europe/Berlin');

function opening(now: string, ...windows: MaintenanceWindow[]): string {
  const answer = nextOpening(windows, new Date(now));
  if (answer.open) return `open until ${answer.closes?.toISOString() ?? 'ever'}`;
  return `opens ${answer.opens?.toISOString() ?? 'never'}`;
}

it('without windows it is always open', () => {
  expect(opening('2026-01-01T00:00:00Z')).toBe('open until ever');
});

it.each([
  ['before', '2026-01-10T00:59:59.999Z', 'opens 2026-01-10T01:00:00.000Z'],
  ['at the opening', '2026-01-10T01:00:00.000Z', 'open until 2026-01-10T04:00:00.000Z'],
  ['inside', '2026-01-10T02:30:00.500Z', 'open until 2026-01-10T04:00:00.000Z'],
  [
    'a millisecond before the end',
    '2026-01-10T03:59:59.999Z',
    'open until 2026-01-10T04:00:00.000Z',
  ],
  ['at the end', '2026-01-10T04:00:00.000Z', 'opens 2026-01-11T01:00:00.000Z'],
])('one window a day in its own zone: %s', (_, now, said) => {
  expect(opening(now, BERLIN)).toBe(said);
});

describe('over a change of the clocks', () => {
  it.each([
    // 29 March 2026: 02:00 CET does not exist, it is 03:00 CEST at once.
    ['2026-03-29T00:59:59Z', 'opens 2026-03-29T01:00:00.000Z'],
    ['2026-03-29T01:00:00Z', 'open until 2026-03-29T04:00:00.000Z'],
    ['2026-03-29T04:00:00Z', 'opens 2026-03-30T00:00:00.000Z'],
    // 25 October 2026: 02:00 comes twice; it opens at the first, for three real hours.
    ['2026-10-24T23:59:59Z', 'opens 2026-10-25T00:00:00.000Z'],
    ['2026-10-25T00:00:00Z', 'open until 2026-10-25T03:00:00.000Z'],
    ['2026-10-25T01:00:00Z', 'open until 2026-10-25T03:00:00.000Z'],
    ['2026-10-25T03:00:00Z', 'opens 2026-10-26T01:00:00.000Z'],
  ])('at %s it %s', (now, said) => {
    expect(opening(now, BERLIN)).toBe(said);
  });

  it('a window that is open while the clocks change keeps its length', () => {
    const night = at('0 1 * * *', 2, 'Europe/Berlin');
    expect(opening('2026-03-29T00:30:00Z', night)).toBe('open until 2026-03-29T02:00:00.000Z');
    expect(opening('2026-10-25T00:30:00Z', night)).toBe('open until 2026-10-25T01:00:00.000Z');
  });
});

describe('several windows', () => {
  it('that overlap or adjoin are one', () => {
    const windows = [at('0 2 * * *', 2), at('0 3 * * *', 2), at('0 5 * * *', 1)];
    expect(opening('2026-01-10T02:10:00Z', ...windows)).toBe('open until 2026-01-10T06:00:00.000Z');
    expect(opening('2026-01-10T06:00:00Z', ...windows)).toBe('opens 2026-01-11T02:00:00.000Z');
  });

  it('the next one of them counts, in whatever order', () => {
    const windows = [at('0 2 * * 6', 2), at('0 22 * * 5', 1)];
    expect(opening('2026-01-08T00:00:00Z', ...windows)).toBe('opens 2026-01-09T22:00:00.000Z');
    expect(opening('2026-01-08T00:00:00Z', ...windows.reverse())).toBe(
      'opens 2026-01-09T22:00:00.000Z',
    );
  });

  it('a short one inside a long one does not end it', () => {
    const windows = [at('0 0 * * *', 12), at('0 3 * * *', 1)];
    expect(opening('2026-01-10T03:30:00Z', ...windows)).toBe('open until 2026-01-10T12:00:00.000Z');
  });
});

it.each([
  ['one that opens before it closes', at('0 * * * *', 2)],
  ['every minute', at('* * * * *', 1 / 60)],
])('a window that never ends is open for a good while: %s', (_, window) => {
  const now = new Date('2026-01-10T00:10:00Z');
  const answer = nextOpening([window], now);
  if (!answer.open || answer.closes === undefined) throw new Error('shut');
  expect(answer.closes.getTime() - now.getTime()).toBeGreaterThan(12 * HOUR);
});

it('a window of a weekend that is a month away is found', () => {
  expect(opening('2026-01-10T00:00:00Z', at('0 4 29 2 *', 1))).toBe(
    'opens 2028-02-29T04:00:00.000Z',
  );
});
