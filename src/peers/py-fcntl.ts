// fcntl.flock and fcntl.lockf of Python: the two kernel locks that do not see each other.

import { detectPython, openPython } from './python.js';
import type { Peer } from './types.js';

// The names of a function only: nothing of a caller gets into the script.
const script = (name: string): string => `
import fcntl, os
held = {}
def hold(path):
    fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.${name}(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        if isinstance(error, (BlockingIOError, PermissionError)):
            return 'refused %s' % error
        raise
    held[path] = fd
    return 'acquired'
def release(path):
    os.close(held.pop(path))
`;

function peer(id: string, name: string, mechanism: string): Peer {
  return {
    id,
    name: `fcntl.${name} of Python`,
    family: 'kernel',
    mechanism,
    install: { apt: ['python3'] },
    detect: () =>
      detectPython('import fcntl, platform; print(platform.python_version())', 'no Python'),
    open: () => openPython(id, script(name)),
  };
}

export const pyFlock: Peer = peer('py-flock', 'flock', 'flock');
export const pyLockf: Peer = peer('py-lockf', 'lockf', 'record lock (POSIX)');
