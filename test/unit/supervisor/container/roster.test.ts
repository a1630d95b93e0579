// What lists and events say of containers, in whatever order they arrive: each end once.

import { expect, it } from 'vitest';
import { Roster } from '../../../../src/supervisor/drivers/container/roster.js';
import type { Instance } from '../../../../src/supervisor/drivers/types.js';

function running(id: string, startedAt: string = '2026-01-01T00:00:00.000Z'): Instance {
  const whose = { app: '1', service: 's', release: 'r', fingerprint: 'f' };
  return { id, ...whose, state: 'running', startedAt };
}

function exited(id: string, startedAt?: string): Instance {
  return { ...running(id, startedAt), state: 'exited', exitCode: 1 };
}

function roster(): { known: Roster; ends: string[] } {
  const ends: string[] = [];
  return { known: new Roster(({ id }) => ends.push(id)), ends };
}

it('an end is told once, by whichever says it first', () => {
  const { known, ends } = roster();
  known.note(running('a'));
  known.note(running('b'));
  known.note(exited('a'));
  expect(known.settle(known.look(), [exited('a'), exited('b')])).toHaveLength(2);
  known.note(exited('b'));
  expect(ends).toEqual(['a', 'b']);
});

it('what ended before it was known is no news', () => {
  const { known, ends } = roster();
  expect(known.settle(known.look(), [exited('a')])).toEqual([exited('a')]);
  expect(ends).toEqual([]);
});

it('a picture taken before an end does not bring it back', () => {
  const { known, ends } = roster();
  known.note(running('a'));
  const look = known.look();
  known.note(exited('a'));
  expect(known.settle(look, [running('a')])).toEqual([exited('a')]);
  known.note(exited('a'));
  expect(ends).toEqual(['a']);
});

it('what was stopped and forgotten meanwhile is not in the answer', () => {
  const { known, ends } = roster();
  known.note(running('a'));
  const look = known.look();
  known.stopping('a');
  known.forget('a');
  expect(known.settle(look, [running('a')])).toEqual([]);
  expect(known.has('a')).toBe(false);
  expect(ends).toEqual([]);
});

it('what was started meanwhile is not missed in the answer', () => {
  const { known, ends } = roster();
  const look = known.look();
  known.note(running('a'));
  known.settle(look, []);
  expect(known.running('a')).toBeDefined();
  expect(ends).toEqual([]);
});

it('what is no longer there has ended', () => {
  const { known, ends } = roster();
  known.note(running('a'));
  known.settle(known.look(), []);
  known.settle(known.look(), []);
  expect(ends).toEqual(['a']);
  expect(known.has('a')).toBe(false);
});

it('the end of what is being stopped is not told, unless the stop came to nothing', () => {
  const { known, ends } = roster();
  known.note(running('a'));
  const goOn = known.stopping('a');
  known.note(running('a'));
  expect(known.running('a')).toBeUndefined();
  goOn();
  known.note(exited('a'));
  expect(ends).toEqual(['a']);
});

it('another start time is another run', () => {
  const { known, ends } = roster();
  const later = '2026-01-01T00:00:09.000Z';
  known.note(running('a'));
  known.note(exited('a'));
  expect(known.settle(known.look(), [running('a', later)])).toEqual([running('a', later)]);
  expect(known.settle(known.look(), [exited('a')])).toEqual([running('a', later)]);
  known.note(exited('a', later));
  expect(ends).toEqual(['a', 'a']);
});
