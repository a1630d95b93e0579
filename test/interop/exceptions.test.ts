// The exceptions that docs/interop.md names, each made to happen: what is called impossible to
// prevent has to be seen, and what lockbridge still does about it as well.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { acquireSync } from '../../src/index.js';
import { parseRecord } from '../../src/lock/record.js';
import { detectAddon, packageDir } from '../../src/peers/node.js';
import { Child } from '../helpers/child.js';
import { itWith, lacksPerl, lacksPython, pythonHolder } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';

const SLOW = fileURLToPath(new URL('../helpers/looks-then-creates.pl', import.meta.url));

itWith(
  lacksPerl('LockFile::Simple'),
  'LockFile::Simple that looked before lockbridge took gets in, and its release does not remove our lock',
  async () => {
    const path = join(scratch(), 'l');
    const intruder = new Child('perl', [SLOW, path]);
    expect(await intruder.line()).toBe('looked');
    const lock = acquireSync(path);
    intruder.say('go on');
    expect(await intruder.line()).toBe('acquired');
    expect(lock.held).toBe(true);
    // It wrote its pid over our record, which comes back as soon as we see that.
    await vi.waitFor(() => {
      expect(parseRecord(readFileSync(path, 'latin1'))).toMatchObject({ pid: process.pid });
    });
    intruder.say('release');
    expect(await intruder.ended).toMatchObject({ code: 0 });
    expect(existsSync(path)).toBe(true);
    expect(lock.releaseSync()).toBe('unlinked');
  },
);

itWith(
  lacksPerl('LockFile::Simple'),
  'LockFile::Simple that looks while lockbridge holds is refused',
  async () => {
    const path = join(scratch(), 'l');
    const lock = acquireSync(path);
    expect(await new Child('perl', [SLOW, path]).line()).toBe('refused');
    lock.releaseSync();
  },
);

const PID_FILE_LOCK = `
import sys, portalocker
portalocker.PidFileLock(sys.argv[1], timeout=0).acquire()
print('held')
sys.stdin.read()
`;

itWith(
  lacksPython('portalocker'),
  'PidFileLock of portalocker replaces our file; we are told, and leave its file alone',
  async () => {
    const path = join(scratch(), 'l');
    const lock = acquireSync(path);
    const intruder = await pythonHolder(PID_FILE_LOCK, path);
    await vi.waitFor(() => {
      expect(lock.lost.aborted).toBe(true);
    });
    expect(lock.held).toBe(false);
    expect(lock.releaseSync()).toBe('lost');
    expect(readFileSync(path, 'latin1')).toBe(String(intruder.process.pid));
  },
);

const fsExt = await detectAddon('fs-ext');

itWith(
  fsExt.available ? undefined : fsExt.reason,
  'fcntlSync of fs-ext gets no lock, even where nobody holds one',
  async () => {
    const script = `const { constants, fcntlSync } = require(process.argv[1]);
      const fd = require('node:fs').openSync(process.argv[2], 'a');
      try { fcntlSync(fd, 'setlk', constants.F_WRLCK); console.log('acquired'); }
      catch (e) { console.log(e.code); }`;
    const args = ['-e', script, packageDir('fs-ext'), join(scratch(), 'l')];
    expect(await new Child(process.execPath, args).line()).toBe('EFAULT');
  },
);
