// The lock programs by what their lock is: programs of one group see each other.

import type { PeerInfo } from './types.js';

export interface Group {
  readonly name: string;
  readonly peers: readonly PeerInfo[];
}

const GROUPS: readonly (readonly [name: string, has: (peer: PeerInfo) => boolean])[] = [
  [
    'file exists',
    ({ family, mechanism }) => family === 'existence' && !/^(symlink|mkdir)/.test(mechanism),
  ],
  ['symbolic link', ({ mechanism }) => mechanism.startsWith('symlink')],
  ['directory', ({ mechanism }) => mechanism.startsWith('mkdir')],
  ['flock', ({ family, mechanism }) => family === 'kernel' && mechanism.startsWith('flock')],
  ['record lock', ({ family, mechanism }) => family === 'kernel' && !mechanism.startsWith('flock')],
  ['lockbridge', ({ family }) => family === 'bridge'],
];

/** The groups that have anybody in them. */
export function groups(peers: readonly PeerInfo[]): Group[] {
  return GROUPS.map(([name, has]) => ({ name, peers: peers.filter(has) })).filter(
    ({ peers: some }) => some.length > 0,
  );
}
