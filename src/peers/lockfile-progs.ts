// lockfile-create(1) of lockfile-progs: liblockfile again, with its rules about age and symlinks.
// Its lock is the name with `.lock` appended; --lock-name takes the name as it is.

import { openMakeAndRemove } from './command-session.js';
import type { Peer } from './types.js';
import { packagedVersion } from './version.js';

const L_MAXTRYS = 4;

export const lockfileCreate: Peer = {
  id: 'lockfile-create',
  name: 'lockfile-create(1)',
  family: 'existence',
  mechanism: 'link',
  install: { apt: ['lockfile-progs'] },
  detect: () => packagedVersion(['lockfile-create', '--help'], 'lockfile-progs'),
  open: async () =>
    Promise.resolve(
      openMakeAndRemove({
        id: 'lockfile-create',
        make: (path) => ['lockfile-create', '--retry', '0', '--lock-name', path],
        remove: (path) => ['lockfile-remove', '--lock-name', path],
        refused: ({ status }) => status === L_MAXTRYS,
      }),
    ),
};
