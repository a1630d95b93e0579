// dotlockfile(1) of liblockfile: link, like procmail, but by its own rules about age and symlinks.

import { wholeText } from './shape.js';
import type { Peer, Recogniser } from './types.js';

const L_MAXTRYS = 4;

export const dotlockfile: Peer = {
  id: 'dotlockfile',
  name: 'dotlockfile(1)',
  family: 'existence',
  mechanism: 'link',
  install: { apt: ['liblockfile-bin'] },
  detect: async () =>
    (await import('./version.js')).packagedVersion(['dotlockfile'], 'liblockfile-bin'),
  open: async () =>
    (await import('./command-session.js')).openMakeAndRemove({
      id: 'dotlockfile',
      make: (path) => ['dotlockfile', '-l', '-r', '0', path],
      remove: (path) => ['dotlockfile', '-u', path],
      refused: ({ status }) => status === L_MAXTRYS,
    }),
};

export const dotlockfileFootprint: Recogniser = {
  protocol: 'dotlockfile',
  recognise: (traces) =>
    wholeText(traces) === '0\n'
      ? {
          protocol: 'dotlockfile',
          certainty: 'likely',
          text: "content '0' and a newline is that of liblockfile: dotlockfile, lockfile-create or a mail program",
        }
      : undefined,
};
