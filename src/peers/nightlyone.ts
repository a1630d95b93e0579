// nightlyone/lockfile of Go: links a temporary file with its pid, of mode 0600 as os.CreateTemp
// makes them. Not driven by the matrix.

import { bits, matchWhole, pidOf } from './shape.js';
import type { Recogniser } from './types.js';

export const nightlyoneFootprint: Recogniser = {
  protocol: 'nightlyone',
  recognise(traces) {
    const pid = pidOf(matchWhole(traces, /^(\d+)\n$/)?.[1]);
    if (pid === undefined || bits(traces) !== 0o600) return undefined;
    return {
      protocol: 'nightlyone',
      certainty: 'guess',
      text: `pid ${String(pid)} in mode 0600, as nightlyone/lockfile of Go makes it, or any pid file under umask 077`,
      pid,
      pidDecides: true,
    };
  },
};
