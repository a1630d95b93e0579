// The Python package `lockfile` 0.12.2: three classes, three primitives, one name (path + ".lock").

import { detectPython, openPython } from './python.js';
import type { Peer } from './types.js';

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
    detect: () => detectPython(VERSION, 'the Python package lockfile is not installed'),
    open: () => openPython(id, script(name)),
  };
}

export const pyLink: Peer = peer('py-link', 'LinkLockFile', 'link');
export const pyMkdir: Peer = peer('py-mkdir', 'MkdirLockFile', 'mkdir');
export const pySymlink: Peer = peer('py-symlink', 'SymlinkLockFile', 'symlink');
