// Row 2: one try for a lock that somebody else has, in another process, beside the plain call that the
// kernel refuses.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { tryAcquire, tryAcquireSync } from 'lockbridge';
import { numbers, program } from '../harness/compile.mjs';
import { interleave, repeat, repeatAsync } from '../harness/interleave.mjs';
import { cParty, nodeParty } from '../harness/party.mjs';

const C = { create: 'open with O_EXCL in C', flock: 'open + flock -n in C' };

const HOLDERS = {
  lockbridge: { start: () => nodeParty('lockbridge'), calls: ['flock', 'create'] },
  'flock in C': { start: () => cParty('flock'), calls: ['flock'] },
  'exclusive create in C': { start: () => cParty('create'), calls: ['create'] },
};

async function table(by, { start, calls }, place, rounds) {
  const binary = program('refused');
  const path = join(place.dir, 'refused.lock');
  const holder = start();
  if (holder === undefined) return [];
  await holder.ask(`take ${path}`, 'held');
  const inC = calls.map((call) => [
    C[call],
    binary && (() => numbers(binary, call, path, 5000)[0] / 1000),
  ]);
  try {
    return [
      await interleave({
        title: `refused attempt, held by ${by}`,
        place: place.name,
        rounds,
        base: C[calls[0]],
        contenders: {
          ...Object.fromEntries(inC),
          tryAcquireSync: () => repeat(1000, () => refuse(tryAcquireSync(path))),
          tryAcquire: () => repeatAsync(1000, async () => refuse(await tryAcquire(path))),
        },
        goals: [{ of: 'tryAcquireSync', to: C[calls[0]], atMost: 1.5 }],
      }),
    ];
  } finally {
    await holder.ask('drop', 'dropped');
    await holder.end();
    rmSync(path, { force: true });
  }
}

function refuse(lock) {
  if (lock !== undefined) throw new Error('the lock was free');
}

export const refused = {
  name: 'refused',
  what: 'one try for a lock that is held',
  async *run({ rounds, places }) {
    for (const place of places)
      for (const [by, holder] of Object.entries(HOLDERS))
        yield* await table(by, holder, place, rounds);
  },
};
