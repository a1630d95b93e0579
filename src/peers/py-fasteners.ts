// The Python package `fasteners` (and with it oslo.concurrency): InterProcessLock, a POSIX record lock
// by fcntl.lockf on a file that stays.

import { detectPythonPackage, openPython } from './python.js';
import type { Peer } from './types.js';

const SCRIPT = `
import fasteners
held = {}
def hold(path):
    lock = fasteners.InterProcessLock(path)
    if not lock.acquire(blocking=False):
        return 'refused'
    held[path] = lock
    return 'acquired'
def release(path):
    held.pop(path).release()
`;

export const pyFasteners: Peer = {
  id: 'py-fasteners',
  name: "InterProcessLock of Python's fasteners",
  family: 'kernel',
  mechanism: 'record lock (POSIX)',
  install: { pip: ['fasteners==0.20'] },
  detect: () => detectPythonPackage('fasteners'),
  open: () => openPython('py-fasteners', SCRIPT),
};
