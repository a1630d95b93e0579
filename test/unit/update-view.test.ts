// How an update's state is put into words.

import { expect, it } from 'vitest';
import { wrap } from '../../src/cli/columns.js';
import { appLines, fleetWarning, outcomeOf } from '../../src/cli/update-view.js';
import type { AppStatus, UpdateStatus } from '../../src/supervisor/types.js';
import { fleetStatus } from '../helpers/memory-supervisor.js';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const after = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();

function app(update: Partial<UpdateStatus>): AppStatus {
  const since = after(-90);
  return {
    id: '7',
    name: 'press',
    release: 'a',
    services: [],
    update: { state: 'waiting', since, release: 'b', ...update },
  };
}

it.each([
  [0, 'in 0 s'],
  [-5, 'in 0 s'],
  [59, 'in 59 s'],
  [60, 'in 1 min 0 s'],
  [3599, 'in 59 min 59 s'],
  [3661, 'in 1 h 1 min'],
  [86_400, `at ${after(86_400)}`],
])('a deadline in %i s is counted down as %s', (seconds, text) => {
  const waiting = app({ deadline: after(seconds), then: 'give-up' });
  expect(appLines(waiting, NOW)).toEqual([
    'app 7 (press): release b waits for locks for 1 min',
    `  is given up ${text}`,
  ]);
});

it('without a clock there are no ages, and moments are told as such', () => {
  expect(appLines(app({ deadline: after(5), then: 'force' }), undefined)).toEqual([
    'app 7 (press): release b waits for locks',
    `  goes on by force at ${after(5)}`,
  ]);
  expect(appLines(app({ state: 'window', opens: after(5) }), undefined)[1]).toBe(
    `  its time comes at ${after(5)}`,
  );
});

it('text of strangers cannot move the cursor, and no line is wider than the terminal', () => {
  const lines = appLines(app({ state: 'failed', error: `\u001b[2J${'x'.repeat(200)}` }), NOW, 40);
  expect(lines.every((line) => line.length <= 40 && !line.includes('\u001b'))).toBe(true);
});

it('an update that is not applied says by whom it is locked, or where it stands', () => {
  expect(outcomeOf(app({}))).toEqual({
    kind: 'locked',
    text: 'app 7 is not updated yet: waits for locks',
  });
  expect(outcomeOf(app({ state: 'idle' }))).toEqual({ kind: 'applied' });
  expect(outcomeOf(app({ state: 'failed', error: 'no' }))).toEqual({
    kind: 'failed',
    text: 'app 7: no',
  });
});

it('a line is wrapped at spaces, and a word that is too long is cut', () => {
  expect(wrap('one two three', 8, '  ')).toEqual(['one two', '  three']);
  expect(wrap('one', 8, '  ')).toEqual(['one']);
  expect(wrap(`one ${'x'.repeat(20)}`, 8, '  ')).toEqual(['one', '  xxxxx…']);
});

it('an update that waits for its turn says what the fleet said, safe for a terminal', () => {
  const waiting = app({ state: 'fleet', fleet: 'taken by \u001b[31mpress-3' });
  expect(appLines(waiting, undefined)).toEqual([
    'app 7 (press): release b waits for a slot of its fleet',
    '  fleet: taken by ?[31mpress-3',
  ]);
  expect(outcomeOf(waiting)).toEqual({
    kind: 'locked',
    text: 'app 7 is not updated yet: waits for a slot of its fleet: taken by ?[31mpress-3',
  });
});

it('a slot that is kept for what is not healthy is warned of, any other is not', () => {
  const text = 'app 7: pump has ended with 3';
  expect(fleetWarning(fleetStatus({ state: 'unhealthy', text }))).toContain(text);
  expect(fleetWarning(fleetStatus({ state: 'held' }))).toBeUndefined();
  expect(fleetWarning(undefined)).toBeUndefined();
});
