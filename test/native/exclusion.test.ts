// While it is held, a lock refuses every family of locker, and leaves nothing when it is let go.

import { closeSync, existsSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireSync, inspectSync } from '../../src/index.js';
import { exitCode, helperChild, python } from '../helpers/child.js';
import { BASES, scratch } from '../helpers/scratch.js';

const FCNTL = `
import errno, fcntl, sys
with open(sys.argv[1], 'r+') as f:
    try:
        fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        print('locked')
    except OSError as e:
        print(errno.errorcode[e.errno])
`;

describe.each(BASES)('in %s', (base) => {
  it('a lock consists of all three mechanisms', () => {
    const lock = acquireSync(join(scratch(base), 'l'));
    expect(lock.mechanisms).toEqual({ existence: true, flock: true, ofd: true });
    lock.releaseSync();
  });

  it('a held lock refuses an exclusive create', () => {
    const path = join(scratch(base), 'l');
    using _lock = acquireSync(path);
    expect(() => closeSync(openSync(path, 'wx'))).toThrow(/EEXIST/);
  });

  it('a held lock refuses flock, exclusive and shared', () => {
    const path = join(scratch(base), 'l');
    using _lock = acquireSync(path);
    expect(exitCode('flock', '-n', path, 'true')).toBe(1);
    expect(exitCode('flock', '-s', '-n', path, 'true')).toBe(1);
  });

  it('a held lock refuses a POSIX record lock with EAGAIN', async () => {
    const path = join(scratch(base), 'l');
    using _lock = acquireSync(path);
    expect(await python(FCNTL, path).line()).toBe('EAGAIN');
  });

  it('a held lock refuses procmail lockfile', () => {
    const path = join(scratch(base), 'l');
    using _lock = acquireSync(path);
    expect(exitCode('lockfile', '-r', '0', path)).toBe(73);
  });

  it('a held lock is no leftover to a holder of the same process', () => {
    const path = join(scratch(base), 'l');
    using _lock = acquireSync(path);
    expect(() => acquireSync(path)).toThrow(/locked/);
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'kernel' });
  });

  it('a released lock leaves nothing behind', () => {
    const dir = scratch(base);
    expect(acquireSync(join(dir, 'l')).releaseSync()).toBe('unlinked');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('a held file has the mode asked for, whatever the umask', () => {
    const path = join(scratch(base), 'l');
    const before = process.umask(0o077);
    try {
      using _lock = acquireSync(path, { mode: 0o666 });
      expect(statSync(path).mode & 0o777).toBe(0o666);
    } finally {
      process.umask(before);
    }
  });

  it('three contending processes never overlap', async () => {
    const dir = scratch(base);
    const args = [join(dir, 'l'), join(dir, 'marker'), '300'];
    const said = [1, 2, 3].map(() => helperChild('contender.mjs', args).line());
    expect(await Promise.all(said)).toEqual(Array(3).fill('entries 300 overlaps 0'));
    expect(existsSync(join(dir, 'l'))).toBe(false);
  });
});
