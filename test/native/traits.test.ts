// The single steps of a lock, and what the kernel's settings do to them.

import {
  chmodSync,
  closeSync,
  constants,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { native } from '../../src/native.js';
import { BASES, scratch } from '../helpers/scratch.js';
import { lacksHostSetting, withHostSetting } from '../helpers/sysctls.js';
import { python } from '../helpers/child.js';

const EEXIST = -17;
const EAGAIN = -11;
const ENOENT = -2;

describe.each(BASES)('in %s', (base) => {
  it('a file without a name is gone when it is closed', () => {
    const dir = scratch(base);
    native.close(native.openNameless(dir, 0o644));
    expect(readdirSync(dir)).toEqual([]);
  });

  it('it is given a name that is free, and only such a one', () => {
    const dir = scratch(base);
    const [one, two] = [native.openNameless(dir, 0o644), native.openNameless(dir, 0o644)];
    expect(native.nameFile(one, join(dir, 'l'))).toBe(0);
    expect(native.nameFile(two, join(dir, 'l'))).toBe(EEXIST);
    native.close(one);
    native.close(two);
    expect(readdirSync(dir)).toEqual(['l']);
  });

  it('a file and a directory change places', () => {
    const dir = scratch(base);
    writeFileSync(join(dir, 'a'), '');
    mkdirSync(join(dir, 'b'));
    expect(native.exchange(join(dir, 'a'), join(dir, 'b'))).toBe(0);
    expect(statSync(join(dir, 'a')).isDirectory()).toBe(true);
    expect(native.exchange(join(dir, 'a'), join(dir, 'c'))).toBe(ENOENT);
  });

  it('a lease is granted to the only opener and refused when there is another one', async () => {
    const path = join(scratch(base), 'l');
    const fd = native.openExclusive(path, 0o644);
    expect(native.lease(fd)).toBe(0);
    const opener = python(
      'import os, sys; os.open(sys.argv[1], os.O_RDONLY); print("open"); sys.stdin.read()',
      path,
    );
    expect(await opener.line()).toBe('open');
    expect(native.lease(fd)).toBe(EAGAIN);
    await opener.finish();
    expect(native.lease(fd)).toBe(0);
    native.close(fd);
  });
});

describe("another user's file in a sticky directory that all may write to", () => {
  const nobodys: Record<string, (path: string) => void> = {
    regular: (path) => writeFileSync(path, ''),
    fifos: (path) => void spawnSync('mkfifo', [path]),
    symlinks: (path) => symlinkSync('/dev/null', path),
  };
  const creating = (path: string): string => {
    try {
      closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK));
      return 'opened';
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  };

  it.for(Object.entries(nobodys))(
    'fs.protected_%s refuses an open with O_CREAT, to root too',
    ([what, make], { skip }) => {
      const setting = `fs/protected_${what}`;
      const refused = lacksHostSetting(setting);
      if (refused !== undefined) skip(refused);
      const dir = scratch();
      chmodSync(dir, 0o1777);
      const [root, nobody] = [join(dir, 'root'), join(dir, 'nobody')];
      make(root);
      make(nobody);
      lchownSync(nobody, 65534, 65534);
      const said = [0, 1].flatMap((level) =>
        withHostSetting(setting, level, () => {
          const adopted = level === 1 && what === 'regular' ? [native.adoptOpen(nobody)] : [];
          return [
            creating(root),
            creating(nobody),
            ...adopted.map((fd) => String(native.drop(fd))),
          ];
        }),
      );
      // Adopting opens without O_CREAT, and is not refused.
      const adopted = what === 'regular' ? ['0'] : [];
      expect(said).toEqual(['opened', 'opened', 'opened', 'EACCES', ...adopted]);
    },
  );
});
