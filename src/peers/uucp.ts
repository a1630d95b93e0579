// HDB UUCP: the pid in ten columns and a newline, as serial-line programs write /var/lock/LCK..x
// and X servers their .X0-lock (FHS, /var/lock). Not driven by the matrix.

import { basename } from 'node:path';
import { matchWhole, pidOf } from './shape.js';
import type { Recogniser } from './types.js';

export const uucpFootprint: Recogniser = {
  protocol: 'uucp',
  recognise(traces) {
    const pid = pidOf(matchWhole(traces, /^(?=.{10}\n$) {3,9}(\d+)\n$/)?.[1]);
    if (pid === undefined) return undefined;
    const named = /^(?:LCK\.\.|\.X\d+-lock$)/.test(basename(traces.path));
    return {
      protocol: 'uucp',
      certainty: named ? 'sure' : 'likely',
      text: `a pid in ten columns is the HDB UUCP format of serial lines and X servers: pid ${String(pid)}`,
      pid,
      pidDecides: true,
    };
  },
};
