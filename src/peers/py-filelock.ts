// The Python package `filelock`: FileLock, a flock on a file that stays, and SoftFileLock, an exclusive
// create of a file that names its holder. The two do not see each other.

import { detectPythonPackage, openPython } from './python.js';
import type { Family, Peer } from './types.js';

// The names of a class only: nothing of a caller gets into the script.
const script = (name: string): string => `
import filelock
held = {}
def hold(path):
    lock = filelock.${name}(path)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout as error:
        return 'refused %s' % error
    held[path] = lock
    return 'acquired'
def release(path):
    held.pop(path).release()
`;

function peer(id: string, name: string, family: Family, mechanism: string): Peer {
  return {
    id,
    name: `${name} of Python's filelock`,
    family,
    mechanism,
    install: { pip: ['filelock==4.2.12'] },
    detect: () => detectPythonPackage('filelock'),
    open: () => openPython(id, script(name)),
  };
}

export const pyFilelock: Peer = peer('py-filelock', 'FileLock', 'kernel', 'flock');
export const pySoftFilelock: Peer = peer(
  'py-softfilelock',
  'SoftFileLock',
  'existence',
  'exclusive create',
);
