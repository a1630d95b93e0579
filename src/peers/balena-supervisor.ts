// The balena supervisor since 13.1: procmail's lockfile, run as uid 65534 so that its locks can be
// told from those of the application. Its recipe: the directory gets mode 1777, `lockfile -r 0 PATH` runs
// as nobody, and root removes the file.

import { basename, dirname } from 'node:path';
import { EX_CANTCREAT, madeByProcmail } from './procmail.js';
import type { Detection, Peer, Recogniser, Session } from './types.js';

const NOBODY = 65534;
const NAMES: readonly string[] = ['updates.lock', 'resin-updates.lock'];

// Relative to the directory: nobody may not look into what leads there.
const asNobody = (path: string): readonly string[] => [
  ...['env', '-C', dirname(path), 'setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY)],
  ...['--clear-groups', 'lockfile', '-r', '0', basename(path)],
];

async function detect(): Promise<Detection> {
  if (process.getuid?.() !== 0)
    return { available: false, reason: 'only root can run it as nobody' };
  const { commandVersion, packagedVersion } = await import('./version.js');
  const setpriv = await commandVersion(['setpriv', '--version']);
  return setpriv.available ? packagedVersion(['lockfile', '-v'], 'procmail') : setpriv;
}

async function open(): Promise<Session> {
  const { chmod } = await import('node:fs/promises');
  const session = (await import('./command-session.js')).openMakeAndRemove({
    id: 'balena-supervisor',
    make: asNobody,
    remove: (path) => ['rm', '-f', path],
    refused: ({ status }) => status === EX_CANTCREAT,
  });
  return { ...session, prepare: async (dir) => chmod(dir, 0o1777) };
}

export const balenaSupervisor: Peer = {
  id: 'balena-supervisor',
  name: 'balena-supervisor, its recipe',
  family: 'existence',
  mechanism: 'link, as nobody',
  install: { apt: ['procmail', 'util-linux'] },
  detect,
  open,
};

export const balenaFootprint: Recogniser = {
  protocol: 'balena-supervisor',
  recognise(traces) {
    const { uid, type, size, path } = traces;
    if (uid !== NOBODY || type !== 'file') return undefined;
    const protocol = 'balena-supervisor';
    // In a user namespace, 65534 also stands for every owner that it does not map.
    const doubt = 'uid 65534 (or an owner that this user namespace does not map)';
    if (madeByProcmail(traces) !== undefined) {
      const named = NAMES.includes(basename(path));
      const text = `procmail's lockfile made it for ${doubt}, as the balena supervisor does`;
      return { protocol, certainty: named ? 'sure' : 'likely', text };
    }
    if (size !== 0) return undefined;
    return {
      protocol,
      certainty: 'guess',
      text: `empty, owned by ${doubt}: a balena supervisor's`,
    };
  },
};
