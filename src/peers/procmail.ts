// lockfile(1) of procmail: writes "0" to a temporary file and links it to the path. There is no
// command that releases; its manual says `rm -f`.

import { bits, wholeText } from './shape.js';
import type { Peer, Recogniser, Traces } from './types.js';

/** The retries are used up. */
export const EX_CANTCREAT: number = 73;

export const procmail: Peer = {
  id: 'procmail',
  name: 'lockfile(1) of procmail',
  family: 'existence',
  mechanism: 'link',
  install: { apt: ['procmail'] },
  detect: async () =>
    (await import('./version.js')).packagedVersion(['lockfile', '-v'], 'procmail'),
  open: async () =>
    (await import('./command-session.js')).openMakeAndRemove({
      id: 'procmail',
      make: (path) => ['lockfile', '-r', '0', path],
      remove: (path) => ['rm', '-f', path],
      refused: ({ status }) => status === EX_CANTCREAT,
    }),
};

/** How sure it is that lockfile(1) wrote this: `0` without a newline, in mode 0444 less the umask. */
export function madeByProcmail(traces: Traces): 'sure' | 'likely' | undefined {
  if (wholeText(traces) !== '0') return undefined;
  if (bits(traces) === 0o444) return 'sure';
  return [0o440, 0o400].includes(bits(traces)) ? 'likely' : undefined;
}

export const procmailFootprint: Recogniser = {
  protocol: 'procmail',
  recognise(traces) {
    const certainty = madeByProcmail(traces);
    if (certainty === undefined) return undefined;
    const text = "content '0' without a newline and a mode without write are procmail lockfile's";
    return { protocol: 'procmail', certainty, text };
  },
};
