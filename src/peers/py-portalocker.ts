// The Python package `portalocker`: Lock, a flock on a file that stays. Its PidFileLock is another
// thing, which replaces what is at the path: see src/matrix/exceptions.ts.

import { detectPythonPackage, openPython } from './python.js';
import type { Peer } from './types.js';

const SCRIPT = `
import portalocker
held = {}
def hold(path):
    lock = portalocker.Lock(path, timeout=0, fail_when_locked=True)
    try:
        lock.acquire()
    except portalocker.AlreadyLocked as error:
        return 'refused %s' % error
    held[path] = lock
    return 'acquired'
def release(path):
    held.pop(path).release()
`;

export const pyPortalocker: Peer = {
  id: 'py-portalocker',
  name: "Lock of Python's portalocker",
  family: 'kernel',
  mechanism: 'flock',
  install: { pip: ['portalocker==4.4.2'] },
  detect: () => detectPythonPackage('portalocker'),
  open: () => openPython('py-portalocker', SCRIPT),
};
