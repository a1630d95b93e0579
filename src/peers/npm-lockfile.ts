// The npm package `lockfile`: open(path, 'wx') and close; an empty file, indistinguishable from what
// flock(1) leaves behind.

import { detectPackage, findPackage, openNode } from './node.js';
import type { Peer } from './types.js';

const SCRIPT = `
let lockfile;
const begin = () => { lockfile = require(require('node:path').dirname(process.argv[1])); };
const hold = (path) => {
  try { lockfile.lockSync(path, {}); return 'acquired'; }
  catch (e) { if (e.code === 'EEXIST') return 'refused ' + e.message; throw e; }
};
const release = (path) => lockfile.unlockSync(path);
`;

export const npmLockfile: Peer = {
  id: 'npm-lockfile',
  name: 'lockfile of npm',
  family: 'existence',
  mechanism: 'exclusive create',
  install: { npm: ['lockfile@1.0.4'] },
  detect: () => detectPackage('lockfile'),
  open: () => openNode('npm-lockfile', SCRIPT, [findPackage('lockfile')?.path ?? 'lockfile/x']),
};
