// The npm package `fd-lock` (over fs-native-extensions, which brings its addon compiled): a record lock
// of the open file description.

import { detectAddon, openNode, packageDir } from './node.js';
import type { Peer } from './types.js';

// It has no error code of its own, and closes the descriptor of a lock that it does not get.
const SCRIPT = `
const { openSync } = require('node:fs');
let FDLock;
const held = new Map();
const begin = () => { FDLock = require(process.argv[1]); };
const hold = async (path) => {
  const lock = new FDLock(openSync(path, 'a'));
  try {
    await lock.ready();
  } catch (e) {
    if (e.message === 'File descriptor could not be locked') return 'refused ' + e.message;
    throw e;
  }
  held.set(path, lock);
  return 'acquired';
};
const release = async (path) => {
  await held.get(path).close();
  held.delete(path);
};
`;

export const npmFdLock: Peer = {
  id: 'npm-fd-lock',
  name: 'fd-lock of npm',
  family: 'kernel',
  mechanism: 'record lock (OFD)',
  install: { npm: ['fd-lock@2.2.0', 'fs-native-extensions@1.5.1'] },
  detect: () => detectAddon('fd-lock'),
  open: () => openNode('npm-fd-lock', SCRIPT, [packageDir('fd-lock')]),
};
