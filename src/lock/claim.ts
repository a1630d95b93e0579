// What a waiter leaves with the native thread that will learn first that the lock may be free.

import { freeSince } from '../inspect/glance.js';
import type { Inspection } from '../inspect/types.js';
import type { Claim } from '../native.js';
import { AHEAD_SECONDS } from './options.js';
import { RECORD_END, recordFront } from './record.js';
import type { AcquireOptions } from './types.js';

/** How to take the path that `blocker` is in the way of. */
export function claimFor(options: AcquireOptions, blocker: Inspection): Claim {
  const { reason = '', mode = 0o644, owner, role } = options;
  const birth = [mode, owner?.uid ?? -1, owner?.gid ?? 0, AHEAD_SECONDS] as const;
  return [recordFront(reason, role), ...birth, RECORD_END, freeSince(blocker)];
}
