// The Python package `zc.lockfile`: a flock, under which it writes its pid. The file stays, and so does
// the number: once that process is gone, lockbridge can prove that nobody holds the file.

import { detectPythonPackage, openPython } from './python.js';
import type { Peer } from './types.js';

const SCRIPT = `
from zc.lockfile import LockError, LockFile
held = {}
def hold(path):
    try:
        held[path] = LockFile(path)
    except LockError as error:
        return 'refused %s' % error
    return 'acquired'
def release(path):
    held.pop(path).close()
`;

export const pyZcLockfile: Peer = {
  id: 'py-zc-lockfile',
  name: 'zc.lockfile of Python',
  family: 'kernel',
  mechanism: 'flock',
  writes: true,
  install: { pip: ['zc.lockfile==4.0'] },
  detect: () => detectPythonPackage('zc.lockfile'),
  open: () => openPython('py-zc-lockfile', SCRIPT),
};
