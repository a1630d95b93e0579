// One pass over a directory answers for all of its files.

import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Directories, readNames } from '../../src/inspect/directories.js';
import { recognise } from '../../src/inspect/traces.js';
import { DEPTH, native } from '../../src/native.js';
import { scratch } from '../helpers/scratch.js';

it('looks at a directory once for one inspection', () => {
  const dir = scratch();
  const directories = new Directories();
  const links = (name: string): string | undefined => {
    const path = join(dir, name);
    writeFileSync(path, '');
    linkSync(path, `${path}-2`);
    return recognise(path, native.look(path, DEPTH.name), directories)?.text;
  };
  expect(links('early')).toContain("'early-2'");
  // Had the directory been read again, the later name would be seen.
  expect(links('late')).not.toContain("'late-2'");
});

it('knows 10,000 LinkLockFiles by one pass over their directory', () => {
  const dir = scratch('/dev/shm');
  const directories = new Directories();
  const paths = Array.from({ length: 10_000 }, (_, n) => join(dir, `${String(n)}.lock`));
  for (const [n, path] of paths.entries()) {
    writeFileSync(path, '');
    linkSync(path, join(dir, `vm-5c46cb80.24160-${String(10n ** 17n + BigInt(n))}`));
  }
  const seen = paths.map((path) => recognise(path, native.look(path, DEPTH.name), directories));
  expect(seen.filter((one) => one?.protocol === 'py-link' && one.pid === 24160)).toHaveLength(
    10_000,
  );
});

it('sees what has come since when asked anew', () => {
  const dir = scratch();
  const path = join(dir, 'l');
  writeFileSync(path, '');
  expect(recognise(path, native.look(path, DEPTH.name))).toBeUndefined();
  linkSync(path, join(dir, 'other'));
  expect(recognise(path, native.look(path, DEPTH.name))?.text).toContain("'other'");
});

it('reads no more names than it was told', () => {
  const dir = scratch();
  for (let n = 0; n < 40; n++) writeFileSync(join(dir, String(n)), '');
  expect(readNames(dir, 16)).toHaveLength(16);
  expect(readNames(dir, 100)).toHaveLength(40);
});

it('follows no symbolic link beside the lock', () => {
  const dir = scratch();
  const path = join(dir, 'l');
  writeFileSync(path, '');
  mkdirSync(join(dir, 'sub'));
  linkSync(path, join(dir, 'sub', 'other'));
  symlinkSync('l', join(dir, 'vm-5c46cb80.24160-352126967547360712'));
  expect(recognise(path, native.look(path, DEPTH.name))).toMatchObject({ protocol: 'link' });
});
