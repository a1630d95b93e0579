// The Python package `lockfile` 0.12.2: three classes, three primitives, one name (path + ".lock").

import { basename } from 'node:path';
import { describe, parseInner, parseUnique } from './py-lockfile-name.js';
import type { Peer, Recogniser } from './types.js';

const VERSION = `
import importlib.metadata, lockfile.linklockfile, lockfile.mkdirlockfile, lockfile.symlinklockfile
print(importlib.metadata.version('lockfile'))
`;

// The names of a class only: nothing of a caller gets into the script.
const script = (name: string): string => `
from lockfile import AlreadyLocked
from lockfile.${name.toLowerCase()} import ${name} as Lock
held = {}
def hold(path):
    lock = Lock(path[:-len('.lock')])
    try:
        lock.acquire(timeout=0)
    except AlreadyLocked as error:
        return 'refused %s' % error
    held[path] = lock
    return 'acquired'
def release(path):
    held.pop(path).release()
`;

function peer(id: string, name: string, mechanism: string): Peer {
  return {
    id,
    name: `${name} of Python`,
    family: 'existence',
    mechanism,
    install: { pip: ['lockfile==0.12.2'] },
    detect: async () =>
      (await import('./python.js')).detectPython(
        VERSION,
        'the Python package lockfile is not installed',
      ),
    open: async () => (await import('./python.js')).openPython(id, script(name)),
  };
}

export const pyLink: Peer = peer('py-link', 'LinkLockFile', 'link');
export const pyMkdir: Peer = peer('py-mkdir', 'MkdirLockFile', 'mkdir');
export const pySymlink: Peer = peer('py-symlink', 'SymlinkLockFile', 'symlink');

/** LinkLockFile keeps its unique file beside the lock: two names of one empty file. */
export const pyLinkFootprint: Recogniser = {
  protocol: 'py-link',
  recognise({ type, size, nlink, path, otherLinks }) {
    if (type !== 'file' || size !== 0 || nlink < 2) return undefined;
    const unique = [...otherLinks(), basename(path)].find((name) => parseUnique(name));
    const named = unique === undefined ? undefined : parseUnique(unique);
    if (unique === undefined || named === undefined) return undefined;
    const text = `its link '${unique}' is that of a LinkLockFile of Python: ${describe(named)}`;
    return { protocol: 'py-link', certainty: 'sure', text, ...named };
  },
};

/** MkdirLockFile puts an empty file into its directory. */
export const pyMkdirFootprint: Recogniser = {
  protocol: 'py-mkdir',
  recognise({ type, entries }) {
    if (type !== 'directory') return undefined;
    const [inner = '', ...more] = entries();
    const named = more.length === 0 ? parseInner(inner) : undefined;
    if (named === undefined) return undefined;
    // `HOST.PID` is also what many a program calls a log.
    const certainty = inner.includes('.-') ? 'sure' : 'guess';
    const text = `'${inner}' in it is that of a MkdirLockFile of Python: ${describe(named)}`;
    return { protocol: 'py-mkdir', certainty, text, ...named };
  },
};

/** SymlinkLockFile makes a dangling link to the name that a LinkLockFile would have. */
export const pySymlinkFootprint: Recogniser = {
  protocol: 'py-symlink',
  recognise({ type, target }) {
    const named = type === 'symlink' ? parseUnique(target) : undefined;
    if (named === undefined) return undefined;
    const text = `its target '${target}' is that of a SymlinkLockFile of Python: ${describe(named)}`;
    return { protocol: 'py-symlink', certainty: 'sure', text, ...named };
  },
};
