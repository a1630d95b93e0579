// lockfile(1) of procmail: writes "0" to a temporary file and links it to the path. There is no
// command that releases; its manual says `rm -f`.

import { openMakeAndRemove } from './command-session.js';
import type { Peer } from './types.js';
import { packagedVersion } from './version.js';

const EX_CANTCREAT = 73; // the retries are used up

export const procmail: Peer = {
  id: 'procmail',
  name: 'lockfile(1) of procmail',
  family: 'existence',
  mechanism: 'link',
  install: { apt: ['procmail'] },
  detect: () => packagedVersion(['lockfile', '-v'], 'procmail'),
  open: async () =>
    Promise.resolve(
      openMakeAndRemove({
        id: 'procmail',
        make: (path) => ['lockfile', '-r', '0', path],
        remove: (path) => ['rm', '-f', path],
        refused: ({ status }) => status === EX_CANTCREAT,
      }),
    ),
};
