// The npm package `os-lock`: a POSIX record lock for Node. It is the process's, not the descriptor's:
// whatever closes any descriptor of the file lets go of it.

import { detectAddon, openNode, packageDir } from './node.js';
import type { Peer } from './types.js';

const SCRIPT = `
const { closeSync, openSync } = require('node:fs');
let os;
const held = new Map();
const begin = () => { os = require(process.argv[1]); };
const hold = async (path) => {
  const fd = openSync(path, 'a');
  try {
    await os.lock(fd, { exclusive: true, immediate: true });
  } catch (e) {
    closeSync(fd);
    if (['EACCES', 'EAGAIN', 'EBUSY'].includes(e.code)) return 'refused ' + e.message;
    throw e;
  }
  held.set(path, fd);
  return 'acquired';
};
const release = async (path) => {
  await os.unlock(held.get(path));
  closeSync(held.get(path));
  held.delete(path);
};
`;

export const npmOsLock: Peer = {
  id: 'npm-os-lock',
  name: 'os-lock of npm',
  family: 'kernel',
  mechanism: 'record lock (POSIX)',
  install: {
    apt: ['g++', 'make', 'python3'],
    npm: ['os-lock@2.0.0', 'node-gyp@12.4.0'],
    addons: ['os-lock'],
  },
  detect: () => detectAddon('os-lock'),
  open: () => openNode('npm-os-lock', SCRIPT, [packageDir('os-lock')]),
};
