// What counts as a lock below a directory, and that nothing outside of it is looked at.

import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { acquireSync } from '../../src/index.js';
import { findLocks, isLockName } from '../../src/inspect/find.js';
import { flockHolder } from '../helpers/child.js';
import { scratch } from '../helpers/scratch.js';

function found(dir: string, options: { all?: boolean; follow?: boolean } = {}): string[] {
  return findLocks(dir, options).paths.map((path) => relative(dir, path));
}

function make(dir: string, ...names: string[]): void {
  for (const name of names) closeSync(openSync(join(dir, name), 'wx'));
}

it.each(['updates.lock', 'x.LCK', 'LCK..ttyS0', 'lock', 'db.lockfile', 'a.NFSLock'])(
  '%s is the name of a lock',
  (name) => {
    expect(isLockName(name)).toBe(true);
  },
);

it.each(['data', 'clock', 'lock.c', 'a.pid', 'locksmith', '.lockbridge'])(
  '%s is no name of a lock',
  (name) => {
    expect(isLockName(name)).toBe(false);
  },
);

it('locks are found at every depth, sorted, other files only on request', () => {
  const dir = scratch();
  mkdirSync(join(dir, '1', 'main'), { recursive: true });
  make(dir, 'b.lock', 'data', '1/main/updates.lock', '1/main/app.log');
  expect(found(dir)).toEqual(['1/main/updates.lock', 'b.lock']);
  expect(found(dir, { all: true })).toEqual([
    '1/main/app.log',
    '1/main/updates.lock',
    'b.lock',
    'data',
  ]);
});

it('a file of any name with a kernel lock on it is found', async () => {
  const dir = scratch();
  make(dir, 'data', 'other');
  await flockHolder(join(dir, 'data'));
  using _lock = acquireSync(join(dir, 'state'));
  expect(found(dir)).toEqual(['data', 'state']);
});

it('a directory that is a lock is one lock, and what is in it belongs to it', () => {
  const dir = scratch();
  mkdirSync(join(dir, 'x.lock'));
  make(dir, 'x.lock/vm.-d88942c06882', 'x.lock/inner.lock');
  expect(found(dir, { all: true })).toEqual(['x.lock']);
});

it('symbolic links are never followed, and one that is a lock is listed', () => {
  const dir = scratch();
  const outside = scratch();
  make(outside, 'secret.lock');
  symlinkSync(outside, join(dir, 'way-out'));
  symlinkSync('/nowhere', join(dir, 'link.lock'));
  expect(found(dir)).toEqual(['link.lock']);
});

it('a directory that is given as a link is followed unless told not to', () => {
  const dir = scratch();
  make(dir, 'a.lock');
  const link = join(scratch(), 'link');
  symlinkSync(dir, link);
  expect(found(link)).toEqual(['a.lock']);
  expect(() => findLocks(link, { follow: false })).toThrow(
    expect.objectContaining({ code: 'ERR_LOCK_PATH' }) as Error,
  );
});

it('a directory that is not there is an error', () => {
  expect(() => findLocks(join(scratch(), 'no'))).toThrow(
    expect.objectContaining({ code: 'ERR_LOCK_PATH' }) as Error,
  );
});

it('a tree that is too deep is cut, and that is said', () => {
  const dir = scratch();
  const deep = join(dir, ...Array<string>(40).fill('d'));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, 'x.lock'), '');
  expect(findLocks(dir)).toMatchObject({ paths: [], cut: true });
});
