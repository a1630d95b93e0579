// flock(1) of util-linux, with a command and with -s. It creates the file and never removes it.

import { openWrapper } from './command-session.js';
import type { Peer, Session } from './types.js';
import { commandVersion } from './version.js';

async function openFlock(id: string, options: readonly string[]): Promise<Session> {
  return Promise.resolve(
    openWrapper({
      id,
      wrap: (path, command) => ['flock', ...options, path, ...command],
      refused: ({ status }) => status === 1,
    }),
  );
}

export const flock: Peer = {
  id: 'flock',
  name: 'flock(1) with a command',
  family: 'kernel',
  mechanism: 'flock',
  install: { apt: ['util-linux'] },
  detect: () => commandVersion(['flock', '--version']),
  open: () => openFlock('flock', ['-n']),
};

export const flockShared: Peer = {
  ...flock,
  id: 'flock-shared',
  name: 'flock(1) -s, shared',
  shared: true,
  open: () => openFlock('flock-shared', ['-n', '-s']),
};
