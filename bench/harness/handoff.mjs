// Hand-offs between a holder and a waiter that live through all rounds. From the holder's time just
// before it lets go to the waiter's time when it holds.

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { interleave } from './interleave.mjs';
import { temporary } from './places.mjs';

const SAMPLES = 20;
const SETTLE_MS = 10; // by then a waiter waits, and has nothing else to do

async function handOff(holder, waiter, path, poll) {
  await holder.ask(`take ${path}`, 'held');
  await waiter.ask(`wait ${path}`, 'waiting');
  await pause(SETTLE_MS + (poll > 0 ? randomInt(poll) : 0));
  const held = waiter.hear('held ');
  held.catch(() => undefined); // seen below, after the holder's answer
  const letGo = await holder.ask('drop', 'dropped ');
  const took = ((await held) - letGo) / 1000;
  await waiter.ask('drop', 'dropped ');
  if (took < 0) throw new Error(`${path} was held ${-took} us before it was let go`);
  return took;
}

function contender({ holder, waiter, poll = 0, samples = SAMPLES }, path) {
  return async () => {
    const took = [];
    for (let i = 0; i < samples; i++) took.push(await handOff(holder, waiter, path, poll));
    return took;
  };
}

async function pairsFor(bench, pairs) {
  const started = {};
  for (const [name, pair] of Object.entries(pairs)) {
    const waiter = await pair.waiter(bench);
    const holder = waiter && pair.holder();
    if (holder !== undefined) started[name] = { ...pair, holder, waiter };
  }
  return started;
}

async function at({ dir, name: place }, bench, { title, base, pairs, goals }) {
  const started = await pairsFor(bench, pairs);
  const files = temporary(dir);
  const contenders = Object.entries(started).map(([name, pair], at) => [
    name,
    contender(pair, join(files, `${at}.lock`)),
  ]);
  const settings = { title, place, rounds: bench.rounds, base, goals };
  try {
    return await interleave({ ...settings, contenders: Object.fromEntries(contenders) });
  } finally {
    for (const { holder, waiter } of Object.values(started)) {
      await holder.end();
      await waiter.end();
    }
  }
}

/** A table for every place. Pairs whose waiter cannot be had are left out. */
export async function* handOffs(bench, settings) {
  for (const place of bench.places) yield at(place, bench, settings);
}
