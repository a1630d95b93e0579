// lockmail of maildrop: links a file that says `pid:host`, without a newline. Not driven by the
// matrix.

import { HOST, matchWhole, pidOf } from './shape.js';
import type { Recogniser } from './types.js';

const STAMP = new RegExp(String.raw`^(\d+):(${HOST})$`);

export const lockmailFootprint: Recogniser = {
  protocol: 'lockmail',
  recognise(traces) {
    const [, digits, host] = matchWhole(traces, STAMP) ?? [];
    const pid = pidOf(digits);
    if (pid === undefined || host === undefined) return undefined;
    return {
      protocol: 'lockmail',
      certainty: 'likely',
      text: `'pid:host' without a newline is what lockmail writes: pid ${String(pid)} on '${host}'`,
      pid,
      host,
      pidDecides: true,
    };
  },
};
