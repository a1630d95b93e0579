// Where a lock cannot be had for want of something: the right code, nothing left, nothing leaked.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acquireSync, inspectSync, LockError, tryAcquireSync } from '../../src/index.js';
import { python, runHelper } from '../helpers/child.js';
import { mount, scratch } from '../helpers/scratch.js';

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (LockError.is(error)) return `${error.code} ${error.errnoName ?? ''}`.trim();
    throw error;
  }
  return 'no error';
}

it('no descriptor left is ERR_LOCK_SYSTEM, from the first one missing on', async () => {
  const path = join(scratch(), 'l');
  expect(runHelper('code-of.mjs', [path, 'all'])).toBe('ERR_LOCK_SYSTEM EMFILE');
  expect(codeOf(() => inspectSync(path))).toBe('no error');
  expect(inspectSync(path).verdict).toBe('free');
});

it('no descriptor left on a taken path is ERR_LOCK_SYSTEM too', () => {
  const path = join(scratch(), 'l');
  using _lock = acquireSync(path);
  expect(runHelper('code-of.mjs', [path, 'all'])).toBe('ERR_LOCK_SYSTEM EMFILE');
});

it.for([
  ['blocks', 'size=64k'],
  ['inodes', 'size=1m,nr_inodes=4'],
] as const)(
  'a filesystem out of %s is ERR_LOCK_CREATE and nothing is left',
  ([what, options], { skip }) => {
    const dir = scratch();
    const refused = mount(dir, 'mount', '-t', 'tmpfs', '-o', options, 'tmpfs', dir);
    if (refused !== undefined) skip(`mount refused: ${refused}`);
    let fillers = 0;
    try {
      for (; fillers < 1000; fillers++)
        writeFileSync(
          join(dir, `f${String(fillers)}`),
          what === 'blocks' ? Buffer.alloc(4096) : '',
        );
    } catch {
      // full
    }
    const before = readdirSync(dir);
    expect(before.length).toBeGreaterThan(0);
    expect(codeOf(() => tryAcquireSync(join(dir, 'l')))).toBe('ERR_LOCK_CREATE ENOSPC');
    expect(readdirSync(dir)).toEqual(before);
  },
);

it('a read-only filesystem is ERR_LOCK_CREATE', ({ skip }) => {
  const dir = scratch();
  const refused = mount(dir, 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir);
  if (refused !== undefined) skip(`mount refused: ${refused}`);
  expect(codeOf(() => acquireSync(join(dir, 'l')).releaseSync())).toBe('no error');
  execFileSync('mount', ['-o', 'remount,ro', dir], { stdio: 'pipe', timeout: 10_000 });
  expect(codeOf(() => tryAcquireSync(join(dir, 'l')))).toBe('ERR_LOCK_CREATE EROFS');
  expect(inspectSync(join(dir, 'l')).verdict).toBe('free');
});

it('a full disk keeps a stale lock as it is, and still stale', ({ skip }) => {
  const dir = scratch();
  const refused = mount(dir, 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir);
  if (refused !== undefined) skip(`mount refused: ${refused}`);
  const path = join(dir, 'l');
  writeFileSync(path, '\x02c');
  truncateSync(path, 2);
  try {
    for (let i = 0; i < 1000; i++) writeFileSync(join(dir, `f${String(i)}`), Buffer.alloc(4096));
  } catch {
    // full
  }
  expect(statfsSync(dir).bfree).toBe(0);
  // Its page is there already, so adopting needs no block.
  expect(['no error', 'ERR_LOCK_CREATE ENOSPC']).toContain(
    codeOf(() => tryAcquireSync(path)?.releaseSync()),
  );
  if (readdirSync(dir).includes('l')) expect(inspectSync(path).verdict).toBe('stale');
});

it.each([
  ['an empty path', '', 'ERR_INVALID_ARGUMENT'],
  ['a NUL in the path', '/tmp/a\0b', 'ERR_INVALID_ARGUMENT'],
  ['a trailing slash', '/tmp/a/', 'ERR_INVALID_ARGUMENT'],
  ['a dot', '/tmp/.', 'ERR_INVALID_ARGUMENT'],
  ['two dots', '..', 'ERR_INVALID_ARGUMENT'],
  ['the root', '/', 'ERR_INVALID_ARGUMENT'],
  ['no string at all', 7 as unknown as string, 'ERR_INVALID_ARGUMENT'],
  ['a name too long', `/tmp/${'n'.repeat(256)}`, 'ERR_LOCK_CREATE ENAMETOOLONG'],
  ['a path too long', `/tmp/${'n/'.repeat(2500)}l`, 'ERR_LOCK_CREATE ENAMETOOLONG'],
  ['a missing parent', '/tmp/no-such-directory/l', 'ERR_LOCK_PATH ENOENT'],
  ['a parent that is a file', '/etc/passwd/l', 'ERR_LOCK_PATH ENOTDIR'],
])('%s is refused with its code, taking and looking', (_name, path, code) => {
  expect(codeOf(() => tryAcquireSync(path))).toBe(code);
  expect(codeOf(() => acquireSync(path))).toBe(code);
  expect(codeOf(() => inspectSync(path))).toBe(code);
});

it('a bare name is locked in the working directory', () => {
  const before = process.cwd();
  process.chdir(scratch());
  try {
    acquireSync('bare').releaseSync();
    expect(readdirSync('.')).toEqual([]);
  } finally {
    process.chdir(before);
  }
});

it("another user's directory is ERR_LOCK_PERMISSION", () => {
  const dir = scratch('/dev/shm');
  chmodSync(dir, 0o755);
  const said = runHelper('code-of.mjs', [join(dir, 'l')], { uid: 65534, gid: 65534 });
  expect(said).toBe('ERR_LOCK_PERMISSION EACCES');
});

it("root's held lock is held, not an error, to another user", () => {
  const dir = scratch('/dev/shm');
  chmodSync(dir, 0o777);
  const path = join(dir, 'l');
  using _lock = acquireSync(path);
  const nobody = { uid: 65534, gid: 65534 };
  expect(runHelper('code-of.mjs', [path], nobody)).toBe('blocked');
});

it("root's stale lock that another user may not write blocks that user", async () => {
  const dir = scratch('/dev/shm');
  chmodSync(dir, 0o777);
  const path = join(dir, 'l');
  writeFileSync(path, '\x02c');
  expect(runHelper('code-of.mjs', [path], { uid: 65534, gid: 65534 })).toBe('blocked');
});

it('10,000 failures leak no descriptor', () => {
  const dir = scratch();
  const dangling = join(dir, 'd');
  mkdirSync(dangling);
  writeFileSync(join(dir, 'foreign'), 'foreign content');
  using _held = acquireSync(join(dir, 'held'));
  const open = (): number => readdirSync('/proc/self/fd').length;
  const round = (): void => {
    codeOf(() => tryAcquireSync(join(dir, 'missing', 'l')));
    codeOf(() => tryAcquireSync(join(dir, 'n'.repeat(256))));
    tryAcquireSync(dangling);
    tryAcquireSync(join(dir, 'foreign'));
    tryAcquireSync(join(dir, 'held'));
  };
  round();
  const before = open();
  for (let i = 0; i < 2000; i++) round();
  expect(open()).toBe(before);
});

it('a stranger that locks the directory does not stop a release', async () => {
  const dir = scratch();
  const lock = acquireSync(join(dir, 'l'));
  const script = `
import fcntl, os, sys
fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)
print('locked')
sys.stdin.readline()
`;
  const stranger = python(script, dir);
  expect(await stranger.line()).toBe('locked');
  expect(lock.releaseSync()).toBe('unlinked');
  await stranger.finish();
});
