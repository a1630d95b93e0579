// That locks of an app have changed is told at once, and seldom.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LockChanges } from '../../../src/supervisor/daemon/lock-changes.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('the first change is told at once, a burst once more after it', () => {
  const told: string[] = [];
  const changes = new LockChanges((app) => told.push(app));
  for (let at = 0; at < 100; at++) changes.changed('1');
  expect(told).toEqual(['1']);
  vi.advanceTimersByTime(1000);
  expect(told).toEqual(['1', '1']);
  changes.changed('1');
  expect(told).toEqual(['1', '1', '1']);
});

it('an app does not silence another', () => {
  const told: string[] = [];
  const changes = new LockChanges((app) => told.push(app));
  changes.changed('1');
  changes.changed('2');
  expect(told).toEqual(['1', '2']);
});

it('nothing is told once it is closed', () => {
  const told: string[] = [];
  const changes = new LockChanges((app) => told.push(app));
  changes.changed('1');
  changes.changed('1');
  changes.close();
  vi.advanceTimersByTime(1000);
  expect(told).toEqual(['1']);
});
