// SoftFileLock of Python's filelock since 3.22: an exclusive create, then lines of pid, host and,
// since 3.30, a token of boot and start time. py-filelock.ts drives it.

import { HOST, matchWhole, pidOf } from './shape.js';
import type { Recogniser } from './types.js';

// Outside of the initial pid namespace it adds that namespace to the host: its pid is none of ours.
const WHERE = String.raw`${HOST}(?:\?pidns-[0-9a-f]{1,8})?`;
const LINES = new RegExp(String.raw`^(\d+)\n(${WHERE})\n(?:(\d+)\n)?$`);

export const softFilelockFootprint: Recogniser = {
  protocol: 'soft-filelock',
  recognise(traces) {
    const [, digits, host, token] = matchWhole(traces, LINES) ?? [];
    const pid = pidOf(digits);
    if (pid === undefined || host === undefined) return undefined;
    if (token === undefined && /^\d+$/.test(host)) return undefined; // two numbers, of anybody
    const lines = token === undefined ? 'pid and host' : 'pid, host and start token';
    return {
      protocol: 'soft-filelock',
      certainty: token === undefined ? 'likely' : 'sure',
      text: `lines of ${lines} are those of filelock's SoftFileLock: pid ${String(pid)} on '${host}'`,
      pid,
      host,
      pidDecides: true,
    };
  },
};
