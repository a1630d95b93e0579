// Helios, the next agent of balenaOS: a two-byte tag in a file of mode 0600, linked to the path and
// flocked for as long as it is held (helios-util, locking.rs). Driven by a program of ours that takes
// the same steps; without force, which replaces whatever is there.

import { wholeText } from './shape.js';
import type { Peer, Recogniser } from './types.js';

const TAG = '\x02c'; // 611, the sum of the bytes of "balena"

const SCRIPT = `
import fcntl, os, secrets
TAG = b'\\x02c'
held = {}
def locked(fd):
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
def adopted(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        own = os.read(fd, 3) == TAG and locked(fd)
    except OSError:
        os.close(fd)
        raise
    if not own:
        os.close(fd)
        return 'refused'
    held[path] = fd
    return 'acquired'
def hold(path):
    try:
        return adopted(path)
    except FileNotFoundError:
        pass
    name = 'tmp-%s.lock' % secrets.token_hex(16)
    temporary = os.path.join(os.path.dirname(path), name)
    fd = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        os.write(fd, TAG)
        os.fsync(fd)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.link(temporary, path)
    except OSError as error:
        os.close(fd)
        if isinstance(error, FileExistsError):
            return 'refused %s' % error
        raise
    finally:
        os.unlink(temporary)
    held[path] = fd
    return 'acquired'
def release(path):
    os.unlink(path)
    os.close(held.pop(path))
`;

export const helios: Peer = {
  id: 'helios',
  name: 'Helios of balenaOS, its steps',
  family: 'existence',
  mechanism: 'link + flock',
  install: { apt: ['python3'] },
  detect: async () =>
    (await import('./python.js')).detectPython(
      'import platform; print("by Python", platform.python_version())',
      'no Python',
    ),
  open: async () => (await import('./python.js')).openPython('helios', SCRIPT),
};

export const heliosFootprint: Recogniser = {
  protocol: 'helios',
  recognise: (traces) =>
    wholeText(traces) === TAG
      ? { protocol: 'helios', certainty: 'sure', text: 'it carries the Helios tag (02 63)' }
      : undefined,
};
