// Every row, in the order in which they run.

import { calls } from './calls.mjs';
import { command } from './command.mjs';
import { existence } from './existence.mjs';
import { handoff } from './handoff.mjs';
import { lockset } from './lockset.mjs';
import { ls } from './ls.mjs';
import { refused } from './refused.mjs';
import { startup } from './startup.mjs';
import { uncontended } from './uncontended.mjs';
import { update } from './update.mjs';
import { waiters } from './waiters.mjs';

export const rows = [
  calls,
  uncontended,
  refused,
  handoff,
  existence,
  lockset,
  ls,
  waiters,
  startup,
  command,
  update,
];
