// The parts of which a target is made.

import { expect, it } from 'vitest';
import { digestOf, fingerprintOf, releaseOf } from '../../../src/supervisor/target/digest.js';
import { formatDuration, parseDuration } from '../../../src/supervisor/target/duration.js';
import { numbered } from '../../../src/supervisor/target/ids.js';
import { isName } from '../../../src/supervisor/target/names.js';
import { nearest } from '../../../src/supervisor/target/nearest.js';
import { OVERRIDE_NAMES, overrideIn } from '../../../src/supervisor/target/override.js';
import type { ServiceTarget } from '../../../src/supervisor/target/types.js';
import { splitWords } from '../../../src/supervisor/target/words.js';

it.each<[string | number, number | undefined]>([
  ['500ms', 500],
  ['30s', 30_000],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['1h30m', 5_400_000],
  ['1m500ms', 60_500],
  ['1.5h', 5_400_000],
  ['90', 90_000],
  [90, 90_000],
  [0.25, 250],
  [0, 0],
  ['', undefined],
  ['h', undefined],
  ['1 h', undefined],
  ['-1s', undefined],
  ['1h-30m', undefined],
  ['1w', undefined],
  ['1e3s', undefined],
  [-1, undefined],
  [NaN, undefined],
  [Infinity, undefined],
  [1e300, undefined],
  ['9'.repeat(400) + 'd', undefined],
])('the duration %j is %j ms', (written, ms) => {
  expect(parseDuration(written)).toBe(ms);
});

it.each([0, 1, 500, 1000, 60_500, 5_400_000, 86_400_000, 90_061_001])(
  '%d ms are written so that they are read as the same',
  (ms) => {
    expect(parseDuration(formatDuration(ms))).toBe(ms);
  },
);

it.each<[string, string[] | undefined]>([
  ['a b  c', ['a', 'b', 'c']],
  [' a\tb\n', ['a', 'b']],
  ["a 'b c' d", ['a', 'b c', 'd']],
  ['a "b \\" c" d', ['a', 'b " c', 'd']],
  ['a"b"\'c\'d', ['abcd']],
  ['a\\ b', ['a b']],
  ["''", ['']],
  ["a '' b", ['a', '', 'b']],
  ['"$HOME" $(x) `y` | ; *', ['$HOME', '$(x)', '`y`', '|', ';', '*']],
  ['"\\n"', ['\\n']],
  ["'\\'", ['\\']],
  ['', []],
  ["a 'b", undefined],
  ['a "b', undefined],
  ['a \\', undefined],
  ['"a\\"', undefined],
])('%j splits into %j', (text, words) => {
  expect(splitWords(text)).toEqual(words);
});

it('a long text with an open quote is refused without a long search', () => {
  expect(splitWords(`${'a\\ "b" '.repeat(50_000)}"`)).toBeUndefined();
});

it.each(['a', '1', 'my-app_2', 'a.b', '-x', '_', 'x'.repeat(200)])('%j is a name', (name) => {
  expect(isName(name)).toBe(true);
});

it.each(['', '.', '..', '.x', 'a/b', '/', 'a\0', 'a b', 'ä', 'x'.repeat(201), 'a\n', '__proto__'])(
  '%j is no name',
  (name) => {
    expect(isName(name)).toBe(false);
  },
);

it.each([
  ['max-wiat', 'max-wait'],
  ['maxWait', 'max-wait'],
  ['stopGrace', 'stop-grace'],
  ['then_', 'then'],
  ['qqqq', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('%s is taken for %s', (written, meant) => {
  expect(nearest(written, ['max-wait', 'then', 'stop-grace'])).toBe(meant);
});

it.each(OVERRIDE_NAMES)('%s is the override', (name) => {
  for (const on of ['1', 'true', 'on', 'TRUE', 'On', ' true '])
    expect(overrideIn({ [name]: on })).toBe(true);
  for (const off of ['0', 'false', 'off', '', 'yes', '2', 'truely'])
    expect(overrideIn({ [name]: off })).toBe(false);
});

it('without the variable nothing is said of the override', () => {
  expect(overrideIn({})).toBeUndefined();
  expect(overrideIn({ OTHER: '1' })).toBeUndefined();
});

it('where its names disagree, the supervisor’s own name wins', () => {
  expect(overrideIn({ RESIN_OVERRIDE_LOCK: '1', SUPERVISOR_OVERRIDE_LOCK: '0' })).toBe(false);
  expect(overrideIn({ BALENA_OVERRIDE_LOCK: '0', RESIN_OVERRIDE_LOCK: '1' })).toBe(true);
});

const SERVICE: ServiceTarget = {
  name: 'a',
  serviceId: 1,
  imageId: 2,
  command: ['x'],
  environment: { A: '1', B: '2' },
  labels: {},
  volumes: [],
  running: true,
  restart: 'always',
  stopGrace: 10_000,
};

it('the order of keys changes no digest; the order of words does', () => {
  const { name, ...rest } = SERVICE;
  expect(fingerprintOf({ ...rest, environment: { B: '2', A: '1' }, name })).toBe(
    fingerprintOf(SERVICE),
  );
  expect(digestOf({ a: ['x', 'y'] })).not.toBe(digestOf({ a: ['y', 'x'] }));
  expect(digestOf({ a: ['x'] })).not.toBe(digestOf({ a: { 0: 'x' } }));
  expect(digestOf({ a: 'b', c: undefined })).toBe(digestOf({ a: 'b' }));
});

it.each<Partial<ServiceTarget>>([
  { command: ['x', 'y'] },
  { command: ['x y'] },
  { image: 'i' },
  { environment: { A: '1' } },
  { environment: { A: '1', B: '3' } },
  { labels: { A: '1' } },
  { volumes: [{ source: '/a', target: '/b', readOnly: false }] },
  { workingDir: '/w' },
])('%j makes a restart necessary', (change) => {
  expect(fingerprintOf({ ...SERVICE, ...change })).not.toBe(fingerprintOf(SERVICE));
});

it.each<Partial<ServiceTarget>>([
  { running: false },
  { restart: 'no' },
  { stopGrace: 1 },
  { serviceId: 9 },
  { imageId: 9 },
])('%j makes no restart necessary, but another release', (change) => {
  const changed = { ...SERVICE, ...change };
  expect(fingerprintOf(changed)).toBe(fingerprintOf(SERVICE));
  expect(releaseOf([changed])).not.toBe(releaseOf([SERVICE]));
});

it('the order of services makes no other release', () => {
  const other = { ...SERVICE, name: 'b' };
  expect(releaseOf([SERVICE, other])).toBe(releaseOf([other, SERVICE]));
  expect(releaseOf([])).not.toBe(releaseOf([SERVICE]));
});

it('no two services get one number, also where the numbers are given', () => {
  const serviceId = numbered('1', [{ name: 'a' }])[0]?.serviceId ?? 0;
  const both = numbered('1', [{ name: 'a' }, { name: 'b', serviceId }]);
  expect(both.map((one) => one.serviceId)).toEqual([serviceId + 1, serviceId]);
});
