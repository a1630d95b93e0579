// os.open(path, O_CREAT | O_EXCL): what people write who think that no library is needed.

import { detectPython, openPython } from './python.js';
import type { Peer } from './types.js';

const SCRIPT = `
import os
held = {}
def hold(path):
    try:
        held[path] = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError as error:
        return 'refused %s' % error
    return 'acquired'
def release(path):
    os.unlink(path)
    os.close(held.pop(path))
`;

export const pyExcl: Peer = {
  id: 'py-excl',
  name: 'os.open(O_EXCL) of Python',
  family: 'existence',
  mechanism: 'exclusive create',
  install: { apt: ['python3'] },
  detect: () => detectPython('import platform; print(platform.python_version())', 'no Python'),
  open: () => openPython('py-excl', SCRIPT),
};
