// Retry-After: what a device that was refused is told, on a clock of the test's.

import { expect, it } from 'vitest';
import { LONGEST, MOST_WAITERS, Patience } from '../../src/fleet/server/patience.js';
import { clientOf, Rate } from '../../src/fleet/server/rate.js';

function made(slots: number): { patience: Patience; pass: (seconds: number) => void } {
  let now = 0;
  const patience = new Patience({ slots, now: () => now, random: () => 0.5 });
  return { patience, pass: (seconds) => (now += seconds * 1000) };
}

it('the first few come again each second, the others the later the further back they are', () => {
  const { patience } = made(2);
  for (let at = 0; at < 20; at++) patience.released(60_000);
  const told = Array.from({ length: 50 }, (_, at) => patience.refused(`d${String(at)}`, [0, 0]));
  expect(told.slice(0, 3)).toEqual([1, 1, 1]);
  expect(told[10]).toBeGreaterThan(60);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(Math.max(...told)).toBe(LONGEST);
});

it('who asks again keeps its place, and moves up as others get a slot', () => {
  const { patience } = made(1);
  for (let at = 0; at < 30; at++) patience.refused(`d${String(at)}`, [600_000]);
  expect(patience.refused('d9', [600_000])).toBeGreaterThan(100);
  for (let at = 0; at < 8; at++) patience.left(`d${String(at)}`);
  expect(patience.refused('d9', [600_000])).toBe(1);
});

it('who does not come again is passed over', () => {
  const { patience, pass } = made(1);
  for (let at = 0; at < 10; at++) patience.refused(`gone${String(at)}`, [60_000]);
  expect(patience.refused('here', [60_000])).toBeGreaterThan(60);
  pass(1000);
  expect(patience.refused('here', [60_000])).toBeLessThanOrEqual(2);
  expect(patience.waiting).toBe(1);
});

it('updates that take longer than thought make everybody wait longer', () => {
  const { patience } = made(1);
  for (let at = 0; at < 20; at++) patience.refused(`d${String(at)}`, [0]);
  const early = patience.refused('d19', [1000]);
  expect(patience.refused('d19', [120_000])).toBeGreaterThan(early * 5);
});

it('a group in which nothing moves is asked about less and less', () => {
  const { patience, pass } = made(1);
  expect(patience.refused('a', [0])).toBe(1);
  pass(3600);
  expect(patience.refused('a', [3_600_000])).toBe(6);
  pass(24 * 3600);
  expect(patience.refused('a', [3_600_000])).toBe(30);
  patience.released(1000);
  expect(patience.refused('a', [0])).toBe(1);
});

it('however many there are, the memory for them is bounded', () => {
  const { patience } = made(1);
  for (let at = 0; at < MOST_WAITERS + 10; at++) patience.refused(`d${String(at)}`, [0]);
  expect(patience.waiting).toBe(MOST_WAITERS);
  expect(patience.refused('one more', [0])).toBe(LONGEST);
});

/** A herd on a clock of its own: everybody asks at once, and comes again when it is told to. */
function herd(devices: number, slots: number, update: number): { asked: number; idle: number[] } {
  let now = 0;
  const patience = new Patience({ slots, now: () => now, random: Math.random });
  const events: { at: number; id: string; done?: number }[] = [];
  const add = (event: (typeof events)[number]): void => {
    const at = events.findIndex((other) => other.at > event.at);
    events.splice(at === -1 ? events.length : at, 0, event);
  };
  for (let at = 0; at < devices; at++) add({ at, id: `d${String(at)}` });
  const held = new Map<string, number>();
  const freed: number[] = [];
  const idle: number[] = [];
  let asked = 0;
  for (let event = events.shift(); event !== undefined; event = events.shift()) {
    const { id, done } = event;
    now = event.at;
    if (done !== undefined) {
      held.delete(id);
      patience.released(now - done);
      freed.push(now);
      continue;
    }
    asked++;
    if (held.size < slots) {
      held.set(id, now);
      patience.left(id);
      const since = freed.shift();
      if (since !== undefined) idle.push(now - since);
      add({ at: now + update * (0.8 + 0.4 * Math.random()), id, done: now });
    } else {
      const ages = [...held.values()].map((since) => now - since);
      const seconds = patience.refused(id, ages);
      add({ at: now + seconds * 1000 * (1 + 0.1 * Math.random()), id });
    }
  }
  return { asked, idle };
}

it.each([
  [500, 5, 60_000],
  [500, 25, 300_000],
  [200, 2, 600_000],
])(
  'of %i devices with %i slots few poll, and a freed slot is taken within about a second',
  (devices, slots, update) => {
    const { asked, idle } = herd(devices, slots, update);
    expect(idle.length).toBe(devices - slots);
    const sorted = idle.sort((a, b) => a - b);
    // On its own clock, so that no machine is too slow for it.
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(500);
    expect(sorted[Math.floor(sorted.length * 0.98)]).toBeLessThanOrEqual(1100);
    // Whoever polls each second is one of a few: as many requests as three of them all the time make, and
    // some for each of the others.
    const seconds = (devices / slots) * (update / 1000);
    expect(asked).toBeLessThan(devices * 20 + seconds * 3);
  },
);

it('an address may ask at its rate, ten times as much at once, and is told when to go on', () => {
  let now = 0;
  const rate = new Rate(2, () => now);
  const burst = Array.from({ length: 21 }, () => rate.take('10.0.0.1'));
  expect(burst.slice(0, 20).every((wait) => wait === undefined)).toBe(true);
  expect(burst[20]).toBe(1);
  expect(rate.take('10.0.0.2')).toBeUndefined();
  now += 1000;
  expect([1, 2, 3].map(() => rate.take('10.0.0.1'))).toEqual([undefined, undefined, 1]);
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('the address %s counts as %s', (address, client) => {
  expect(clientOf(address)).toBe(client);
});

it('a host takes no more by asking from many addresses of its network', () => {
  const rate = new Rate(1, () => 0);
  const answers = Array.from({ length: 11 }, (_, at) => rate.take(`2001:db8::${at.toString(16)}`));
  expect(answers.filter((wait) => wait === undefined)).toHaveLength(10);
  expect(rate.take('2001:db8:0:1::1')).toBeUndefined();
});
