// The npm package `proper-lockfile`: mkdir(path + ".lock"), kept young by a timer in the holder.

import { detectPackage, findPackage, openNode } from './node.js';
import type { Peer } from './types.js';

// onCompromised throws by default; a lock that a foreign taker broke must not end the holder.
const SCRIPT = `
let proper;
const held = new Map();
const begin = () => { proper = require(require('node:path').dirname(process.argv[1])); };
const hold = (path) => {
  const options = { realpath: false, onCompromised: () => undefined };
  try { held.set(path, proper.lockSync(path.slice(0, -'.lock'.length), options)); return 'acquired'; }
  catch (e) { if (e.code === 'ELOCKED') return 'refused ' + e.message; throw e; }
};
const release = (path) => { held.get(path)(); held.delete(path); };
`;

export const npmProper: Peer = {
  id: 'npm-proper',
  name: 'proper-lockfile of npm',
  family: 'existence',
  mechanism: 'mkdir',
  install: { npm: ['proper-lockfile@4.1.2'] },
  detect: () => detectPackage('proper-lockfile'),
  open: () =>
    openNode('npm-proper', SCRIPT, [findPackage('proper-lockfile')?.path ?? 'proper-lockfile/x']),
};
