// lockbridge through its API, in two forms: a process that comes, tries and goes (it knows only what
// the file says), and one that watches the directory from before anything is locked there.

import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { run } from './children.js';
import { openNode } from './node.js';
import type { Detection, Peer, Session } from './types.js';

const API = new URL('../index.js', import.meta.url);

const SCRIPT = `
let api;
const held = new Map();
const watches = [];
const begin = async () => { api = await import(process.argv[1]); };
const prepare = async (dir) => { watches.push(await api.watchDirectory(dir)); };
const hold = (path) => {
  const lock = api.tryAcquireSync(path, { reason: 'lockbridge matrix' });
  if (lock !== undefined) { held.set(path, lock); return 'acquired'; }
  const { by, evidence } = api.inspectSync(path);
  const text = evidence.at(-1)?.text ?? '';
  return (by === 'undecidable' ? 'undecidable ' : 'refused ') + text;
};
const release = (path) => { held.get(path).releaseSync(); held.delete(path); };
process.once('exit', () => { for (const watch of watches) watch.close(); });
`;

async function detect(): Promise<Detection> {
  try {
    await access(API);
  } catch {
    return { available: false, reason: `${fileURLToPath(API)} is not built` };
  }
  const ran = await run([process.execPath, '-e', 'import(process.argv[1])', API.href]);
  if (ran.status !== 0)
    return { available: false, reason: `does not load: ${ran.stderr.trim().slice(-300)}` };
  return { available: true, version: 'this build' };
}

async function open(id: string, watching: boolean): Promise<Session> {
  return openNode(id, SCRIPT, [API.href], watching);
}

export const lockbridge: Peer = {
  id: 'lockbridge',
  name: 'lockbridge, one try',
  family: 'bridge',
  mechanism: 'O_EXCL + flock + OFD',
  detect,
  open: () => open('lockbridge', false),
};

export const lockbridgeWatching: Peer = {
  ...lockbridge,
  id: 'lockbridge-watching',
  name: 'lockbridge, watching',
  open: () => open('lockbridge-watching', true),
};
