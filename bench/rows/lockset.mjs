// Row 5: the two update locks of each of N services, taken and released as one operation. Is the cost of
// a service the same for ten and for ten thousand?

import { dirname, join } from 'node:path';
import { acquireAll, acquireSync } from 'lockbridge';
import { UpdateLocks } from 'lockbridge/supervisor';
import { numbers, program } from '../harness/compile.mjs';
import { interleave } from '../harness/interleave.mjs';
import { openFiles } from '../harness/limits.mjs';
import { temporary } from '../harness/places.mjs';

const SIZES = [10, 100, 1000, 10_000];
const ALL = 'acquireAll';
const UPDATE = 'UpdateLocks';
const C = 'each by itself, in C';
const OWNED = 'each by itself in C, and fchown';
const SPARE = 200;
const REASON = 'bench of update locks';

async function timesOf(operation, times) {
  const took = [];
  while (took.length < times) {
    const begin = process.hrtime.bigint();
    const held = await operation();
    await held.release();
    took.push(Number(process.hrtime.bigint() - begin) / 1000);
  }
  return took;
}

function record(dir) {
  const probe = acquireSync(join(dir, 'probe'), { reason: REASON });
  const text = probe.recordText;
  probe.releaseSync();
  return text;
}

async function at(n, place, bench) {
  const root = temporary(place.dir);
  const names = Array.from({ length: n }, (_, i) => `s${i}`);
  const locks = UpdateLocks.for(1, names, { root });
  locks.prepare();
  const { paths } = locks;
  const services = dirname(dirname(paths[0])); // all in the same directories: on a disk, place matters
  const binary = program('set');
  const text = record(services);
  const times = Math.max(1, Math.round(1000 / n)); // a small set as often as it takes to be warm
  const inC = (owner) =>
    binary && (() => numbers(binary, services, text, owner, n, times).map((ns) => ns / 1000));
  const asRoot = process.getuid() === 0; // the update locks of a service belong to nobody else then
  return interleave({
    title: `lock set: 2 files × ${n} services`,
    place: place.name,
    // The largest takes a second a round, or on a disk many.
    rounds: n > 1000 ? Math.min(bench.rounds, place.disk ? 1 : 5) : bench.rounds,
    base: C,
    contenders: {
      [C]: inC(-1),
      [ALL]: () => timesOf(() => acquireAll(paths, { reason: REASON }), times),
      [OWNED]: asRoot ? inC(65534) : undefined,
      [UPDATE]: () => timesOf(() => locks.lock({ reason: REASON }), times),
    },
    goals: [
      { of: ALL, to: C, atMost: 1.25 },
      { of: UPDATE, to: asRoot ? OWNED : C, atMost: 1.25 },
    ],
  });
}

// What a service costs in the largest set, next to what it costs among a hundred.
function growth(tables, name) {
  const costs = tables.map(({ services, lines }) => ({
    services,
    cost: lines.find((line) => line.name === name)?.median / services,
  }));
  return costs.at(-1).cost / costs.find(({ services }) => services === 100).cost;
}

function linear(tables, place, rounds) {
  const largest = tables.at(-1).services;
  const inC = growth(tables, C);
  const goals = [ALL, UPDATE].map((name) => {
    const ours = growth(tables, name);
    const what = `${name}: a service of ${largest} costs ${ours.toFixed(2)} × one of 100`;
    // The kernel's own cost grows: its table of open files, and on a disk the scan of a block group.
    return Number.isNaN(inC)
      ? { what, value: ours, atMost: 1.25 }
      : { what: `${what}, in C ${inC.toFixed(2)} ×: ours / C`, value: ours / inC, atMost: 1.25 };
  });
  return {
    title: 'lock set: linear?',
    place: place.name,
    rounds,
    unit: 'us',
    lines: [],
    goals: goals.map((goal) => ({ ...goal, met: goal.value <= goal.atMost })),
  };
}

// A held lock is an open file, and the rest of the process needs some too.
function sizes(say) {
  const most = SIZES.at(-1);
  const allowed = Math.floor((openFiles(2 * most + SPARE) - SPARE) / 2);
  if (allowed >= most) return SIZES;
  const last = Math.floor(allowed / 100) * 100;
  say(`${most} services need more open files than are allowed here: ${last} instead`);
  return [...SIZES.filter((n) => n < last), last];
}

export const lockset = {
  name: 'lockset',
  what: 'the update locks of 10 to 10,000 services as one operation',
  async *run(bench) {
    const all = sizes(bench.say);
    for (const place of bench.places) {
      const here = [];
      for (const n of all) {
        here.push({ ...(await at(n, place, bench)), services: n });
        yield here.at(-1);
      }
      yield linear(here, place, bench.rounds);
    }
  },
};
