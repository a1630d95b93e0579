// The balena supervisor since 13.1: procmail's lockfile, run as uid 65534 so that its locks can be
// told from those of the application. Not driven by the matrix.

import { basename } from 'node:path';
import { madeByProcmail } from './procmail.js';
import type { Recogniser } from './types.js';

const NOBODY = 65534;
const NAMES: readonly string[] = ['updates.lock', 'resin-updates.lock'];

export const balenaFootprint: Recogniser = {
  protocol: 'balena-supervisor',
  recognise(traces) {
    const { uid, type, size, path } = traces;
    if (uid !== NOBODY || type !== 'file') return undefined;
    const protocol = 'balena-supervisor';
    // In a user namespace, 65534 also stands for every owner that it does not map.
    const doubt = 'uid 65534 (or an owner that this user namespace does not map)';
    if (madeByProcmail(traces) !== undefined) {
      const named = NAMES.includes(basename(path));
      const text = `procmail's lockfile made it for ${doubt}, as the balena supervisor does`;
      return { protocol, certainty: named ? 'sure' : 'likely', text };
    }
    if (size !== 0) return undefined;
    return {
      protocol,
      certainty: 'guess',
      text: `empty, owned by ${doubt}: a balena supervisor's`,
    };
  },
};
