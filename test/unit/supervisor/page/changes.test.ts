// What is said aloud when something changes, and whom a forced update would override.

import { expect, it } from 'vitest';
import type { Snapshot } from '../../../../src/supervisor/page/api.js';
import { changes } from '../../../../src/supervisor/page/changes.js';
import { affected, fingerprint, isPending } from '../../../../src/supervisor/page/pending.js';
import type { LockReport, UpdateStatus } from '../../../../src/supervisor/types.js';
import { blocker, fleetStatus, SINCE } from '../../../helpers/memory-supervisor.js';

const lock = (app: string, service: string, more: Partial<LockReport> = {}): LockReport => ({
  ...blocker(app, service),
  app,
  id: 'i',
  ...more,
});

function snapshot(
  locks: LockReport[],
  states: UpdateStatus['state'][] = ['idle'],
  on = false,
): Snapshot {
  const apps = states.map((state, at) => ({
    ...{ id: String(at + 1), name: `app ${String(at + 1)}`, services: [] },
    update: { state, since: SINCE },
  }));
  return { status: { name: 'd', apps, override: { on, from: 'api' } }, locks, ahead: 0 };
}

it('a lock that comes is told with its holder and reason, one that goes by its name', () => {
  const before = snapshot([lock('1', 'a')]);
  const after = snapshot([lock('1', 'b', { reason: 'a dump' })]);
  expect(changes(before, after)).toEqual(['b is locked by backup · pid 42: a dump', 'a is free']);
});

it('another file at the same path is another lock; our own are not told', () => {
  const before = snapshot([lock('1', 'a')]);
  expect(changes(before, snapshot([lock('1', 'a', { id: 'j' })]))).toHaveLength(1);
  expect(changes(snapshot([]), snapshot([lock('1', 'a', { ours: true })]))).toEqual([]);
});

it('updates and the override are told; what stays as it is is not', () => {
  expect(changes(snapshot([]), snapshot([], ['waiting'], true))).toEqual([
    'app 1: the update waits for locks',
    'locks are overridden',
  ]);
  expect(changes(snapshot([lock('1', 'a')]), snapshot([lock('1', 'a')]))).toEqual([]);
});

it('that the fleet waits for this device is told, once', () => {
  const well = snapshot([]);
  const ill = snapshot([]);
  ill.status.fleet = fleetStatus({ state: 'unhealthy', text: 'app 1: pump has ended' });
  expect(changes(well, ill)).toEqual(['the slot of the fleet is kept: app 1: pump has ended']);
  expect(changes(ill, ill)).toEqual([]);
});

it('many changes are counted instead', () => {
  const many = ['a', 'b', 'c', 'd'].map((name) => lock('1', name));
  expect(changes(snapshot([]), snapshot(many))).toEqual(['4 changes']);
});

it('a forced update overrides what pending apps have locked, and spares other supervisors', () => {
  const locks = [
    lock('1', 'held'),
    lock('1', 'stale', { verdict: 'stale' }),
    lock('1', 'ours', { ours: true }),
    lock('1', 'other', { supervisor: true }),
    lock('2', 'of an app that is up to date'),
    lock('3', 'of an app that is being changed'),
  ];
  const { status } = snapshot([], ['waiting', 'idle', 'applying']);
  const { overridden, spared } = affected(status, locks, isPending);
  expect(overridden.map(({ service }) => service?.service)).toEqual(['held']);
  expect(spared.map(({ service }) => service?.service)).toEqual(['other']);
});

it('another file or another holder is not what was agreed to; an age is', () => {
  const print = (more: Partial<LockReport>): string =>
    fingerprint({ overridden: [lock('1', 'a', more)], spared: [] });
  expect(print({ age: 5 })).toBe(print({ age: 6 }));
  expect(print({ id: 'j' })).not.toBe(print({}));
  expect(print({ holders: [{ pid: 43, role: 'holds', source: 'flock' }] })).not.toBe(print({}));
  expect(fingerprint({ overridden: [], spared: [lock('1', 'a')] })).not.toBe(print({}));
});
