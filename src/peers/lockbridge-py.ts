// lockbridge of Python: the same protocol in another implementation, by its own API and by the API of
// the library `lockfile` that it stands in for.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lockbridge } from './lockbridge.js';
import { detectPython, openPython } from './python.js';
import type { Detection, Peer } from './types.js';

/** Where a checkout keeps it; an installed lockbridge has it from PyPI, in the peers' folder. */
const SOURCE = fileURLToPath(new URL('../../python-compat/src', import.meta.url));

const found = (): readonly string[] => (existsSync(SOURCE) ? [SOURCE] : []);

const OWN = `
import lockbridge
held = {}
def hold(path):
    lock = lockbridge.try_acquire(path, reason='lockbridge matrix')
    if lock is not None:
        held[path] = lock
        return 'acquired'
    seen = lockbridge.inspect(path)
    kind = 'undecidable' if seen.by == 'undecidable' else 'refused'
    return kind + ' ' + (seen.evidence[-1].text if seen.evidence else '')
def release(path):
    held.pop(path).release()
`;

// LockFile appends ".lock" to what it is given.
const DROP_IN = `
import lockbridge
from lockbridge.lockfile import LockFile, AlreadyLocked
held = {}
def hold(path):
    lock = LockFile(path[:-len('.lock')])
    try:
        lock.acquire(timeout=-1)
    except AlreadyLocked:
        seen = lockbridge.inspect(path)
        kind = 'undecidable' if seen.by == 'undecidable' else 'refused'
        return kind + ' ' + (seen.evidence[-1].text if seen.evidence else '')
    held[path] = lock
    return 'acquired'
def release(path):
    held.pop(path).release()
`;

const detect = async (): Promise<Detection> =>
  detectPython(
    'import lockbridge; print(lockbridge.__version__)',
    'the Python package lockbridge is not installed',
    found(),
  );

export const lockbridgePy: Peer = {
  ...lockbridge,
  id: 'lockbridge-py',
  name: 'lockbridge of Python',
  detect,
  open: async () => openPython('lockbridge-py', OWN, found()),
};

export const lockbridgePyLockfile: Peer = {
  ...lockbridgePy,
  id: 'lockbridge-py-lockfile',
  name: 'LockFile of lockbridge of Python',
  open: async () => openPython('lockbridge-py-lockfile', DROP_IN, found()),
};
