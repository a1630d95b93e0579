// A holder in another pid namespace with the same host name: the number in its file is nobody's here, or
// somebody else's. Only a protocol whose number decides is ever stale, and only once that number is
// nobody's anywhere.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { inspectSync, tryAcquireSync } from '../../../src/index.js';
import { seesEveryProcess } from '../../../src/inspect/liveness.js';
import { python, pythonDir } from '../../../src/peers/python.js';
import { numbered, numberOfNobody, PID_NAMESPACE } from '../../helpers/namespaces.js';
import { Child } from '../../helpers/child.js';
import { itWith, lacksPerl, lacksPython } from '../../helpers/peers.js';
import { scratch, until } from '../../helpers/scratch.js';

const cannot =
  process.getuid?.() === 0 && seesEveryProcess() ? undefined : 'not root, or not all is seen';
const PYTHON = await python();

// Not for the end of input: that comes with a kill, before it, and would be an end in order.
const wait = "\nprint('held', flush=True)\nimport signal; signal.pause()\n";
const lockfile = (kind: string): string => `
import sys
from lockfile.${kind.toLowerCase()} import ${kind}
${kind}(sys.argv[1].removesuffix('.lock')).acquire(timeout=0)${wait}`;
const SOFT = `
import filelock, sys
lock = filelock.SoftFileLock(sys.argv[1])
lock.acquire()${wait}`;
const SIMPLE = `
use LockFile::Simple;
$| = 1;
LockFile::Simple->make(-format => '%f', -max => 1, -nfs => 1)->trylock($ARGV[0]) or die;
print "held\\n";
sleep;`;

const inPython = (script: string) => ['env', `PYTHONPATH=${pythonDir()}`, PYTHON, '-c', script];

// What is missing; the holder without its path; its protocol; whether a number of nobody is its end.
type Row = [
  name: string,
  missing: string | undefined,
  command: string[],
  protocol: string,
  decides: boolean,
];
const HOLDERS: readonly Row[] = [
  ['LinkLockFile', lacksPython('lockfile'), inPython(lockfile('LinkLockFile')), 'py-link', false],
  [
    'SymlinkLockFile',
    lacksPython('lockfile'),
    inPython(lockfile('SymlinkLockFile')),
    'py-symlink',
    false,
  ],
  [
    'MkdirLockFile',
    lacksPython('lockfile'),
    inPython(lockfile('MkdirLockFile')),
    'py-mkdir',
    false,
  ],
  ['SoftFileLock', lacksPython('filelock'), inPython(SOFT), 'soft-filelock', false],
  [
    'LockFile::Simple',
    lacksPerl('LockFile::Simple'),
    ['perl', '-e', SIMPLE],
    'LockFile::Simple',
    true,
  ],
];

describe('a holder in another pid namespace, of a number that is nobody’s here', () => {
  for (const [name, missing, command, protocol, decides] of HOLDERS)
    itWith(cannot ?? missing, `${name}: is held while it lives`, async () => {
      const path = join(scratch(), 'l.lock');
      const number = numberOfNobody();
      const holder = await numbered(number, [...command, path]);
      expect(() => process.kill(number, 0)).toThrow('ESRCH');
      expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'existence', protocol });
      expect(tryAcquireSync(path)).toBeUndefined();
      holder.process.kill('SIGKILL');
      await holder.ended;
      if (decides) await until(() => inspectSync(path).verdict === 'stale');
      else expect(inspectSync(path).verdict).toBe('held');
    });

  itWith(
    cannot,
    'lockbridge: is held while it lives, whatever its numbers, and stale after',
    async () => {
      const path = join(scratch(), 'l');
      const program = fileURLToPath(new URL('../../helpers/holder.mjs', import.meta.url));
      const holder = new Child('unshare', [...PID_NAMESPACE, process.execPath, program, path]);
      expect(await holder.line()).toBe('held');
      const seen = inspectSync(path);
      expect(seen).toMatchObject({ verdict: 'held', by: 'kernel', record: { pid: 1 } });
      const [there] = seen.holders;
      if (there === undefined) throw new Error('it is not among the holders');
      expect(there.nspid).toEqual([there.pid, 1]);
      process.kill(there.pid, 'SIGKILL');
      await holder.ended;
      expect(inspectSync(path).verdict).toBe('stale');
    },
  );
});
