// A supervisor that takes the path as its service's update lock, again and again. Each start is that of
// a supervisor after a reboot: it first clears away what the one before it left.
//
// It logs no inode, so nothing that befalls it counts as forced: no override touches the lock of a
// supervisor that lives. Arguments: root, directory, id, seed, the policy for empty files.

import { setTimeout } from 'node:timers/promises';
import { recoverLeftovers, UpdateLocks } from '../../../dist/supervisor/index.js';
import { APP, SERVICE } from '../place.mjs';
import { Arena } from './arena.mjs';

const [, , root, dir, id, seed, empty] = process.argv;
process.env.LOCKBRIDGE_EMPTY = empty; // a supervisor has it from its environment
const arena = new Arena(dir, id, Number(seed));
const options = {
  root,
  lockfileUid: process.getuid(),
  onEvent: ({ kind }) => {
    if (kind === 'lost') arena.say('lost');
  },
};
const locks = UpdateLocks.for(APP, [SERVICE], options);

recoverLeftovers(options);
for (;;) {
  arena.say('want');
  await locks.withLock({ timeout: Infinity, reason: id }, () => arena.section());
  await setTimeout(arena.chance() * 2);
}
