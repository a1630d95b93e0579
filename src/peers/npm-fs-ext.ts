// The npm package `fs-ext`: flock(2) for Node, on whatever descriptor its user opened. Its fcntlSync is
// no lock: see src/matrix/exceptions.ts.

import { detectAddon, openNode, packageDir } from './node.js';
import type { Peer } from './types.js';

const SCRIPT = `
const { closeSync, openSync } = require('node:fs');
let flockSync;
const held = new Map();
const begin = () => { ({ flockSync } = require(process.argv[1])); };
const hold = (path) => {
  const fd = openSync(path, 'a');
  try {
    flockSync(fd, 'exnb');
  } catch (e) {
    closeSync(fd);
    if (e.code === 'EAGAIN') return 'refused ' + e.message;
    throw e;
  }
  held.set(path, fd);
  return 'acquired';
};
const release = (path) => {
  flockSync(held.get(path), 'un');
  closeSync(held.get(path));
  held.delete(path);
};
`;

export const npmFsExt: Peer = {
  id: 'npm-fs-ext',
  name: 'fs-ext of npm',
  family: 'kernel',
  mechanism: 'flock',
  install: {
    apt: ['g++', 'make', 'python3'],
    npm: ['fs-ext@2.1.1', 'nan@2.30.0', 'node-gyp@12.4.0'],
    addons: ['fs-ext'],
  },
  detect: () => detectAddon('fs-ext'),
  open: () => openNode('npm-fs-ext', SCRIPT, [packageDir('fs-ext')]),
};
