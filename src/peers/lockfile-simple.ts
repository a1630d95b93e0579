// LockFile::Simple of Perl: `pid`, or `pid:host` with -nfs, and a newline, in mode 0444. It creates
// without O_EXCL (as root it does not even exclude itself). Not driven by the matrix.

import { bits, HOST, matchWhole, pidOf } from './shape.js';
import type { Recogniser } from './types.js';

const STAMP = new RegExp(String.raw`^(\d+)(?::(${HOST}))?\n$`);

export const lockfileSimpleFootprint: Recogniser = {
  protocol: 'LockFile::Simple',
  recognise(traces) {
    if (bits(traces) !== 0o444) return undefined;
    const [, digits, host] = matchWhole(traces, STAMP) ?? [];
    const pid = pidOf(digits);
    if (pid === undefined) return undefined;
    const on = host === undefined ? '' : ` on '${host}'`;
    return {
      protocol: 'LockFile::Simple',
      certainty: 'likely',
      text: `a stamp in mode 0444 is that of LockFile::Simple of Perl: pid ${String(pid)}${on}`,
      pid,
      ...(host !== undefined && { host }),
      pidDecides: true,
    };
  },
};
