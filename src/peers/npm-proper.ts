// The npm package `proper-lockfile`: mkdir(path + ".lock"), kept young by a timer in the holder.

import type { Peer, Recogniser } from './types.js';

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
  detect: async () => (await import('./node.js')).detectPackage('proper-lockfile'),
  open: async () => {
    const { findPackage, openNode } = await import('./node.js');
    const path = findPackage('proper-lockfile')?.path ?? 'proper-lockfile/x';
    return openNode('npm-proper', SCRIPT, [path]);
  },
};

// The end of the year 9999. Anybody can set a later time, and JavaScript has no date for most of them.
const LAST_BEAT = 253_402_300_799_999;

// It sets the mtime at once and then every five seconds, from a Date: whole milliseconds, give or
// take the microsecond that a double of seconds loses. The kernel's own times are not whole.
function beatOf(mtime: number): number | undefined {
  const nearest = Math.round(mtime);
  const whole = Math.abs(mtime - nearest) < 0.0015;
  return whole && nearest >= 0 && nearest <= LAST_BEAT ? nearest : undefined;
}

export const npmProperFootprint: Recogniser = {
  protocol: 'npm-proper',
  recognise({ type, birth, mtime, entries }) {
    // A directory that nobody touched since mkdir(2) has the time of its birth.
    if (type !== 'directory' || mtime === birth) return undefined;
    const beat = beatOf(mtime);
    if (beat === undefined || entries().length > 0) return undefined;
    return {
      protocol: 'npm-proper',
      certainty: birth === 0 ? 'guess' : 'likely',
      text: `an empty directory whose mtime was set after its birth is proper-lockfile's beat: ${new Date(beat).toISOString()}`,
      beat,
    };
  },
};
