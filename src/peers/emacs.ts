// Emacs and those who copy it: a symbolic link, mostly dangling, whose target names the holder
// (`user@host.pid:boot`; Emacs calls the link `.#FILE`). Not driven by the matrix.

import { basename } from 'node:path';
import { HOST, pidOf } from './shape.js';
import type { Recogniser } from './types.js';

const TARGET = new RegExp(String.raw`^([^@/]+)@(${HOST})\.(\d+)(?::(\d+))?$`);

export const emacsFootprint: Recogniser = {
  protocol: 'emacs',
  recognise({ type, target, path }) {
    if (type !== 'symlink') return undefined;
    const [, user, host, digits] = TARGET.exec(target) ?? [];
    const pid = pidOf(digits);
    if (user === undefined || host === undefined || pid === undefined) return undefined;
    return {
      protocol: 'emacs',
      certainty: basename(path).startsWith('.#') ? 'sure' : 'likely',
      text: `its target '${target}' names a user, a host and a pid, as Emacs writes them`,
      pid,
      host,
    };
  },
};
