// zc.lockfile of Python: a space, its pid and perhaps its host, written under a flock. The flock is
// the lock: the file stays, with the last holder's number. py-zc-lockfile.ts drives it.

import { HOST, matchWhole, pidOf } from './shape.js';
import type { Recogniser } from './types.js';

const LINE = new RegExp(String.raw`^ (\d+)(?: (${HOST}))?\n$`);

export const zcLockfileFootprint: Recogniser = {
  protocol: 'zc.lockfile',
  recognise(traces) {
    const [, digits, host] = matchWhole(traces, LINE) ?? [];
    const pid = pidOf(digits);
    if (pid === undefined) return undefined;
    return {
      protocol: 'zc.lockfile',
      certainty: 'likely',
      text: `a space and pid ${String(pid)} is what zc.lockfile writes under a flock and leaves behind`,
      pid,
      ...(host !== undefined && { host }),
      pidDecides: true,
      leftover: true,
    };
  },
};
