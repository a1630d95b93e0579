// lockbridge in Node: waits with acquire(), or tries again and again with tryAcquireSync(); or takes no
// lock at all, for a run that has to fail.
// Arguments: directory, id, seed, `wait`, `try` or `unlocked`, the policy for empty files.

import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { acquire, tryAcquireSync } from '../../../dist/index.js';
import { Arena, pause } from './arena.mjs';

const [, , dir, id, seed, how, empty] = process.argv;
const path = join(dir, 'updates.lock');
const options = { empty, reason: id };
const arena = new Arena(dir, id, Number(seed));

function insist() {
  for (;;) {
    const lock = tryAcquireSync(path, options);
    if (lock !== undefined) return lock;
    pause(0.1 + arena.chance());
  }
}

async function take() {
  if (how === 'unlocked') return undefined;
  return how === 'try' ? insist() : acquire(path, options);
}

for (;;) {
  arena.say('want');
  const lock = await take();
  arena.section(lock?.fd);
  const outcome = lock?.releaseSync();
  if (outcome === 'orphaned' || outcome === 'lost') arena.say(outcome, arena.inode);
  // Sweeping what it handed over needs a turn of the event loop.
  await setTimeout(arena.chance() * 2);
}
