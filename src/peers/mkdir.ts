// mkdir(1): the oldest lock of shell scripts.

import type { Peer, Recogniser } from './types.js';

export const mkdir: Peer = {
  id: 'mkdir',
  name: 'mkdir(1) and rmdir(1)',
  family: 'existence',
  mechanism: 'mkdir',
  install: { apt: ['coreutils'] },
  detect: async () => (await import('./version.js')).commandVersion(['mkdir', '--version']),
  open: async () =>
    (await import('./command-session.js')).openMakeAndRemove({
      id: 'mkdir',
      make: (path) => ['mkdir', path],
      remove: (path) => ['rmdir', path],
      refused: ({ stderr }) => stderr.includes('File exists'),
    }),
};

export const mkdirFootprint: Recogniser = {
  protocol: 'mkdir',
  recognise: ({ type }) =>
    type === 'directory'
      ? {
          protocol: 'mkdir',
          certainty: 'guess',
          text: 'a directory at a lock path is what mkdir(1) and its likes make',
        }
      : undefined,
};
