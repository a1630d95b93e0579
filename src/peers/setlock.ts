// setlock(8) of daemontools and `chpst -L` of runit, by the same author's rules: flock on a file that
// they create and never remove, inherited by the program. Exit 111 is every failure; the words tell.

import { openWrapper } from './command-session.js';
import type { Peer, Session } from './types.js';
import { packagedVersion } from './version.js';

const FAILED = 111;

async function open(id: string, argv: readonly string[]): Promise<Session> {
  return Promise.resolve(
    openWrapper({
      id,
      wrap: (path, command) => [...argv, path, ...command],
      refused: ({ status, stderr }) => status === FAILED && stderr.includes('temporary failure'),
    }),
  );
}

const common = { family: 'kernel', mechanism: 'flock' } as const;

export const setlock: Peer = {
  ...common,
  id: 'setlock',
  name: 'setlock(8) of daemontools',
  install: { apt: ['daemontools'] },
  detect: () => packagedVersion(['setlock'], 'daemontools'),
  open: () => open('setlock', ['setlock', '-n']),
};

export const chpst: Peer = {
  ...common,
  id: 'chpst',
  name: 'chpst(8) -L of runit',
  install: { apt: ['runit'] },
  detect: () => packagedVersion(['chpst'], 'runit'),
  open: () => open('chpst', ['chpst', '-L']),
};
