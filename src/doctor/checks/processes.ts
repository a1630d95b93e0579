// Whether the question "who holds it?" can be answered here: processes and their descriptors.

import { existsSync } from 'node:fs';
import { inInitialPidNamespace, procHidesProcesses } from '../../inspect/liveness.js';
import { descriptorsOf, processes } from '../descriptors.js';
import { ok, weak } from '../outcome.js';
import type { Check } from '../types.js';

export const visible: Check = {
  id: 'processes',
  name: 'all processes visible',
  host: true,
  run() {
    if (!existsSync('/proc/self/stat'))
      return weak('/proc is not mounted', NOBODY_KNOWN, 'mount -t proc proc /proc');
    if (!inInitialPidNamespace())
      return weak(
        'this is a pid namespace of its own, as in a container',
        'holders outside it have no name here, and a pid in a lock file never proves that its owner is dead',
        "ask on the host, or share the host's pid namespace (--pid=host)",
      );
    if (procHidesProcesses())
      return weak(
        "/proc hides other users' processes (hidepid)",
        NOBODY_KNOWN,
        'remount /proc without hidepid',
      );
    return ok('initial pid namespace, /proc hides nobody');
  },
};

const NOBODY_KNOWN =
  'who holds a lock cannot be told, and a pid in a lock file never proves that its owner is dead';

export const descriptors: Check = {
  id: 'descriptors',
  name: 'descriptors of others',
  host: true,
  run() {
    const all = processes();
    const hidden = all.filter((pid) => descriptorsOf(pid) === undefined);
    const count = `${String(hidden.length)} of ${String(all.length)}`;
    if (hidden.length === 0)
      return ok(`all of ${String(all.length)} processes show what they have open`);
    return weak(
      `${count} processes do not show what they have open`,
      "another user's process that has a lock file open without a lock, or shares a holder's, is not named",
      'run as root',
    );
  },
};
