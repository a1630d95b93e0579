// A file that contains a pid: the most common shape of all, so it names a process and no program.

import { matchWhole, pidOf } from './shape.js';
import type { Recogniser } from './types.js';

const WITH_NEWLINE = 'dotlockfile -p, lockfile-create -p or PIDLockFile of Python';
const WITHOUT = 'dotlock.mailutils -p or PidFileLock of portalocker';

export const pidFileFootprint: Recogniser = {
  protocol: 'pid file',
  recognise(traces) {
    const [, digits, newline] = matchWhole(traces, /^(\d+)(\n?)$/) ?? [];
    const pid = pidOf(digits);
    if (pid === undefined) return undefined;
    const candidates = newline === '\n' ? WITH_NEWLINE : WITHOUT;
    return {
      protocol: 'pid file',
      certainty: newline === '\n' ? 'likely' : 'guess',
      text: `it names pid ${String(pid)}, as ${candidates} does, and any daemon`,
      pid,
      pidDecides: true,
    };
  },
};
