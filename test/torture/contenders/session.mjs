// A foreign program of the matrix as a contender: it tries until it holds, and what is done inside is
// done here. Arguments: directory, id, seed, the peer's id.

import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { peers } from '../../../dist/peers/index.js';
import { Arena } from './arena.mjs';

const [, , dir, id, seed, name] = process.argv;
const path = join(dir, 'updates.lock');
const arena = new Arena(dir, id, Number(seed));
const session = await peers.find((peer) => peer.id === name).open();

for (;;) {
  arena.say('want');
  while ((await session.hold(path)).kind !== 'acquired') await setTimeout(1 + arena.chance() * 4);
  arena.section();
  await session.release(path);
  await setTimeout(arena.chance() * 4);
}
