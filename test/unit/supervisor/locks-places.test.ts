// Where update locks are: made whatever the umask, never through a link, never out of the tree.

import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listApps, listServices, lockDir, UpdateLocks } from '../../../src/supervisor/index.js';
import { scratch } from '../../helpers/scratch.js';
import { refusal, world } from '../../helpers/update-locks.js';

const mode = (path: string): number => lstatSync(path).mode & 0o7777;

it('a service has one directory, with two lock files', () => {
  const { root, locks } = world();
  const dir = join(root, 'tmp/balena-supervisor/services/123/one');
  expect(locks.paths).toEqual([
    join(dir, 'resin-updates.lock'),
    join(dir, 'updates.lock'),
    join(dir, '../two', 'resin-updates.lock'),
    join(dir, '../two', 'updates.lock'),
  ]);
});

it('the file of a data directory is taken too', () => {
  const data = scratch();
  const { paths } = UpdateLocks.for(1, ['a'], { root: scratch(), dataDir: data });
  expect(paths).toContain(join(data, 'resin-updates.lock'));
});

it.each([0o077, 0o000])(
  'under umask %o a lock directory is everybody’s, its parents not',
  (umask) => {
    const root = scratch();
    const before = process.umask(umask);
    try {
      UpdateLocks.for('app', ['one'], { root }).prepare();
    } finally {
      process.umask(before);
    }
    expect(mode(lockDir(root, 'app', 'one'))).toBe(0o1777);
    for (const above of ['tmp', 'tmp/balena-supervisor', 'tmp/balena-supervisor/services/app'])
      expect(mode(join(root, above))).toBe(0o755);
  },
);

it('an app may be called as a part of the way is', () => {
  const root = scratch();
  mkdirSync(join(root, 'tmp/balena-supervisor/services/tmp'), { recursive: true });
  chmodSync(join(root, 'tmp/balena-supervisor/services/tmp'), 0o777);
  const locks = UpdateLocks.for('tmp', ['one'], { root });
  expect(() => {
    locks.prepare();
  }).toThrow(/others than the supervisor/);
});

it('a parent that a crash left closed is opened', () => {
  const { locks, root } = world();
  chmodSync(join(root, 'tmp/balena-supervisor'), 0o700);
  locks.prepare();
  expect(mode(join(root, 'tmp/balena-supervisor'))).toBe(0o755);
});

it('a lock directory that its service closed is opened again', () => {
  const { locks, root } = world();
  chmodSync(lockDir(root, 123, 'one'), 0o700);
  locks.prepare();
  expect(mode(lockDir(root, 123, 'one'))).toBe(0o1777);
});

it.each([
  '',
  '.',
  '..',
  'a/b',
  '/',
  '../x',
  'a\0b',
  'a\nb',
  '\u202eb',
  'x'.repeat(201),
  'ä'.repeat(101),
])('the name %j is refused for an app and for a service', (name) => {
  const invalid = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error;
  expect(() => UpdateLocks.for(name, ['a'])).toThrow(invalid);
  expect(() => UpdateLocks.for(1, ['a', name])).toThrow(invalid);
  expect(() => lockDir('/', 1, name)).toThrow(invalid);
});

it.each([-1, 1.5, NaN, Infinity])('the app id %d is refused', (app) => {
  expect(() => UpdateLocks.for(app, [])).toThrow(/app must be/);
});

it.each([
  'tmp',
  'tmp/balena-supervisor',
  'tmp/balena-supervisor/services',
  'tmp/balena-supervisor/services/123',
  'tmp/balena-supervisor/services/123/one',
])('a symbolic link at %s is one clear error, and nothing is made behind it', async (where) => {
  const dir = scratch();
  const elsewhere = join(dir, 'elsewhere');
  mkdirSync(elsewhere);
  const root = join(dir, 'root');
  const link = join(root, where);
  mkdirSync(join(link, '..'), { recursive: true });
  symlinkSync(elsewhere, link);
  const locks = UpdateLocks.for(123, ['one'], { root });
  expect(() => {
    locks.prepare();
  }).toThrow(expect.objectContaining({ code: 'ERR_LOCK_PATH', path: link }) as Error);
  expect(() => locks.watch()).toThrow(/no directory|symbolic link/);
  expect((await refusal(locks.lock())).code).toBe('ERR_LOCK_PATH');
  expect(readdirSync(elsewhere)).toEqual([]);
});

it.each([
  [
    'a file',
    (path: string) => {
      writeFileSync(path, '');
    },
  ],
  [
    'a directory that others may write to',
    (path: string) => {
      mkdirSync(path);
      chmodSync(path, 0o777);
    },
  ],
  [
    'a directory of another user',
    (path: string) => {
      mkdirSync(path);
      chownSync(path, 1234, 1234);
    },
  ],
])('%s in the place of the services’ parent is refused', (_what, make) => {
  const root = scratch();
  mkdirSync(join(root, 'tmp'));
  make(join(root, 'tmp/balena-supervisor'));
  expect(() => {
    UpdateLocks.for(1, ['a'], { root }).prepare();
  }).toThrow(/cannot use .*; remove it or name another root$/);
});

it('a root that is not there, and one where nothing can be made, are told as they are', () => {
  const root = join(scratch(), 'no/such');
  expect(() => {
    UpdateLocks.for(1, ['a'], { root }).prepare();
  }).toThrow(
    `cannot use '${root}/tmp' for update locks: there is no '${root}'; make it or name another root`,
  );
  expect(() => {
    UpdateLocks.for(1, ['a'], { root: '/sys' }).prepare();
  }).toThrow(/^cannot use '\/sys\/tmp' for update locks: E[A-Z]+: .*; name another root$/);
});

it('services are listed by their real directories only', () => {
  const { root } = world();
  const app = join(lockDir(root, 123, 'one'), '..');
  writeFileSync(join(app, 'file'), '');
  symlinkSync('one', join(app, 'link'));
  expect(listServices(root, 123)).toEqual(['one', 'two']);
  expect(listServices(root, 'none')).toEqual([]);
  expect(listApps(root)).toEqual(['123']);
});

it('a directory that is missing is made when the locks are taken', async () => {
  const { root, locks } = world();
  rmSync(join(root, 'tmp'), { recursive: true });
  const held = await locks.lock();
  expect(existsSync(locks.paths[0] ?? '')).toBe(true);
  await held.release();
});
