// A lock is broken by its id, its successor comes between the look and the exchange, and lets go while
// our file stands at its place: by unlinking what is there. Its own file, which we have by then, must
// not come back, for nobody holds it.

import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { childEnvironment } from '../../src/env.js';
import { inspectSync } from '../../src/index.js';
import { itWith } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';
import { preload } from './rig/preload.js';

const INDEX = new URL('../../dist/index.js', import.meta.url).href;
const SOURCE = fileURLToPath(new URL('../../python-compat/src', import.meta.url));
const meanwhile = preload('meanwhile');

const BREAKERS = {
  node: [
    process.execPath,
    '--input-type=module',
    '-e',
    `import { breakSync } from '${INDEX}';
     const [path, id] = process.argv.slice(1);
     try { breakSync(path, { force: true, id }); } catch (error) { console.log(error.code); }`,
  ],
  python: [
    'python3',
    '-c',
    `import sys, lockbridge
try: lockbridge.break_lock(sys.argv[1], force=True, id=sys.argv[2])
except lockbridge.LockError as error: print(error.code)`,
  ],
};

describe.each(Object.entries(BREAKERS))('%s', (_, [program = '', ...args]) => {
  itWith(
    'missing' in meanwhile ? meanwhile.missing : undefined,
    'a successor that lets go while its lock is put back leaves nothing',
    () => {
      if ('missing' in meanwhile) return;
      const dir = scratch();
      const path = join(dir, 'l');
      const successor = join(scratch(), 'successor');
      writeFileSync(path, 'first');
      writeFileSync(successor, 'successor');
      const env = childEnvironment({
        LD_PRELOAD: meanwhile.library,
        PYTHONPATH: SOURCE,
        MEANWHILE_NAME: path,
        MEANWHILE_SUCCESSOR: successor,
      });
      const { id = '' } = inspectSync(path);
      const said = execFileSync(program, [...args, path, id], { env, encoding: 'utf8' });
      expect(said).toBe('ERR_LOCK_CHANGED\n');
      expect(readdirSync(dir)).toEqual([]);
    },
  );
});
