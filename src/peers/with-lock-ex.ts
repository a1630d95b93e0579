// with-lock-ex(1) of chiark-utils: a POSIX record lock on the first byte only, which it keeps through
// exec; it looks again whether the path still names what it locked. Exit 255 is every failure.

import { openWrapper } from './command-session.js';
import type { Peer } from './types.js';
import { packagedVersion } from './version.js';

const FAILED = 255;

export const withLockEx: Peer = {
  id: 'with-lock-ex',
  name: 'with-lock-ex(1)',
  family: 'kernel',
  mechanism: 'record lock (byte 0)',
  install: { apt: ['chiark-utils-bin'] },
  detect: () => packagedVersion(['with-lock-ex'], 'chiark-utils-bin'),
  open: async () =>
    Promise.resolve(
      openWrapper({
        id: 'with-lock-ex',
        wrap: (path, command) => ['with-lock-ex', '-f', path, ...command],
        refused: ({ status, stderr }) =>
          status === FAILED && stderr.includes('Resource temporarily'),
      }),
    ),
};
