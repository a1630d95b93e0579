import { expect, it } from 'vitest';
import { planFor, restarts } from '../../../src/supervisor/daemon/plan.js';
import type { Instance } from '../../../src/supervisor/drivers/types.js';
import { fingerprintOf } from '../../../src/supervisor/target/digest.js';
import type { AppTarget, ServiceTarget } from '../../../src/supervisor/target/types.js';

function service(name: string, more: Partial<ServiceTarget> = {}): ServiceTarget {
  return {
    name,
    serviceId: 1,
    imageId: 1,
    command: ['true'],
    environment: {},
    labels: {},
    volumes: [],
    running: true,
    restart: 'always',
    stopGrace: 1000,
    ...more,
  };
}

function app(...services: ServiceTarget[]): AppTarget {
  const update = { then: 'give-up', windows: [], exitedServices: 'held' } as const;
  return { id: '1', name: 'app', release: 'r', services, update };
}

function run(of: ServiceTarget, more: Partial<Instance> = {}): Instance {
  return {
    id: `${of.name}-${fingerprintOf(of).slice(0, 8)}`,
    app: '1',
    service: of.name,
    release: 'r',
    fingerprint: fingerprintOf(of),
    state: 'running',
    startedAt: '2026-11-24T12:00:00.000Z',
    ...more,
  };
}

const none: ReadonlySet<string> = new Set();
const one = service('one');
const two = service('two');
const newOne = service('one', { environment: { A: 'b' } });

it('what runs as wanted is left alone', () => {
  expect(planFor(app(one, two), [run(one), run(two)], none)).toEqual({
    stop: [],
    start: [],
    needsLocks: false,
  });
});

it('starting something new needs no lock', () => {
  expect(planFor(app(one, two), [run(one)], none)).toEqual({
    stop: [],
    start: [two],
    needsLocks: false,
  });
});

it('a changed service is stopped, under locks, and started', () => {
  const old = run(one);
  expect(planFor(app(newOne, two), [old, run(two)], none)).toEqual({
    stop: [old],
    start: [newOne],
    needsLocks: true,
  });
});

it('a changed service that has ended is replaced without locks', () => {
  const old = run(one, { state: 'exited' });
  expect(planFor(app(newOne), [old], none)).toEqual({
    stop: [old],
    start: [newOne],
    needsLocks: false,
  });
});

it('a wanted run that has ended is no matter of an update', () => {
  expect(planFor(app(one), [run(one, { state: 'exited' })], none)).toMatchObject({
    stop: [],
    start: [],
  });
});

it('services are stopped in the reverse order of their start, unknown ones last', () => {
  const unknown = service('zero');
  const runs = [one, two, unknown].map((which) => run(which));
  const names = planFor(app(service('one', { labels: { a: 'b' } }), newTwo()), runs, none).stop;
  expect(names.map(({ service: name }) => name)).toEqual(['two', 'one', 'zero']);
});

function newTwo(): ServiceTarget {
  return service('two', { environment: { A: 'b' } });
}

it('without a target everything is stopped', () => {
  expect(planFor(undefined, [run(one), run(two, { state: 'exited' })], none)).toMatchObject({
    start: [],
    needsLocks: true,
  });
});

it('of two runs of one service the right one stays', () => {
  const [wrong, right] = [run(one), run(newOne)];
  expect(planFor(app(newOne), [wrong, right], none)).toEqual({
    stop: [wrong],
    start: [],
    needsLocks: true,
  });
});

it('a service that was stopped by request, or is not to run, is stopped and not started', () => {
  for (const [target, stopped] of [
    [app(one), new Set(['one'])],
    [app(service('one', { running: false })), none],
  ] as const) {
    expect(planFor(target, [], stopped)).toMatchObject({ stop: [], start: [] });
    expect(planFor(target, [run(one)], stopped)).toMatchObject({ start: [], needsLocks: true });
  }
});

it.each([
  ['always', 0, true],
  ['always', 1, true],
  ['on-failure', 0, false],
  ['on-failure', 1, true],
  ['on-failure', undefined, true],
  ['no', 1, false],
] as const)('restart: %s, exit code %s: %s', (restart, exitCode, again) => {
  const ended = run(one, { state: 'exited', ...(exitCode !== undefined && { exitCode }) });
  expect(restarts(service('one', { restart }), ended)).toBe(again);
});
