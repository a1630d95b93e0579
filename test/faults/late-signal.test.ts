// `python -m lockbridge run`: no moment in which a signal for the command gets lost. (Node's handlers
// are told through a pipe at any time; Python's run only between two of its instructions.)

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { childEnvironment } from '../../src/env.js';
import { Child } from '../helpers/child.js';
import { itWith } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';
import { preload } from './rig/preload.js';

const SOURCE = fileURLToPath(new URL('../../python-compat/src', import.meta.url));
const late = preload('late-signal');

itWith(
  'missing' in late ? late.missing : undefined,
  'a signal that comes just before the wait for the command reaches it',
  async () => {
    if ('missing' in late) return;
    const dir = scratch();
    const env = childEnvironment({ LD_PRELOAD: late.library, PYTHONPATH: SOURCE });
    const args = ['-m', 'lockbridge', 'run', join(dir, 'updates.lock'), '--', 'cat'];
    const runner = new Child('python3', args, { env });
    expect(await runner.ended).toEqual({ code: 128 + 15, signal: null });
    expect(readdirSync(dir)).toEqual([]);
  },
);
