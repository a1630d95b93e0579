// Breaking: what is nobody's without asking, a held one only by force and never through a gap.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireSync, breakSync, inspectSync, takeSync } from '../../src/index.js';
import { birth } from '../../src/lock/attempt.js';
import { native } from '../../src/native.js';
import { exitCode, flockHolder, python } from '../helpers/child.js';
import { BASES, scratch } from '../helpers/scratch.js';

// Makes a lock; told to go, removes it and makes another; told to check, looks whether that one is
// still the one at the path.
const OWNER = `
import os, sys
path = sys.argv[1]
def make():
    while True:
        try:
            return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR)
        except FileExistsError:
            pass
for _ in range(200):
    first = make()
    print('made')
    sys.stdin.readline()
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    second = make()
    print('made another')
    sys.stdin.readline()
    same = os.path.lexists(path) and os.path.samestat(os.fstat(second), os.lstat(path))
    print('still there' if same else 'gone')
    os.unlink(path)
    os.close(first)
    os.close(second)
`;

const HELD = expect.objectContaining({ code: 'ERR_LOCK_HELD' }) as Error;

it('breaking nothing leaves nothing', () => {
  const path = join(scratch(), 'l');
  expect(breakSync(path).verdict).toBe('free');
  expect(existsSync(path)).toBe(false);
});

it('a stale lock is broken without force', () => {
  const path = join(scratch(), 'l');
  writeFileSync(path, '\x02c');
  expect(breakSync(path).verdict).toBe('stale');
  expect(existsSync(path)).toBe(false);
});

it('a held lock is not broken without force', () => {
  const path = join(scratch(), 'l');
  writeFileSync(path, 'foreign');
  expect(() => breakSync(path)).toThrow(HELD);
  expect(readFileSync(path, 'utf8')).toBe('foreign');
});

it('force takes a held lock, and its lockbridge holder learns of it', async () => {
  const dir = scratch();
  const path = join(dir, 'l');
  const first = acquireSync(path);
  const lost = new Promise((resolve) => {
    first.lost.addEventListener('abort', resolve);
  });
  const second = takeSync(path, { force: true });
  await lost;
  expect(first.lost.reason).toBe('replaced');
  expect(exitCode('flock', '-n', path, 'true')).toBe(1);
  expect(first.releaseSync()).toBe('lost');
  expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'kernel' });
  expect(second.releaseSync()).toBe('unlinked');
  expect(readdirSync(dir)).toEqual([]);
});

it('force takes a directory with the files directly in it', () => {
  const dir = scratch();
  const path = join(dir, 'l');
  mkdirSync(path);
  writeFileSync(join(path, 'host.1'), '');
  expect(breakSync(path, { force: true }).object).toBe('directory');
  expect(readdirSync(dir)).toEqual([]);
});

it('force leaves a directory with a deeper tree as it was', () => {
  const dir = scratch();
  const path = join(dir, 'l');
  mkdirSync(join(path, 'deep', 'er'), { recursive: true });
  expect(() => breakSync(path, { force: true })).toThrow(/ENOTEMPTY|EISDIR/);
  expect(readdirSync(dir)).toEqual(['l']);
  expect(existsSync(join(path, 'deep', 'er'))).toBe(true);
});

it('force replaces a symlink and not its target', () => {
  const dir = scratch();
  writeFileSync(join(dir, 'target'), 'precious');
  symlinkSync('target', join(dir, 'l'));
  breakSync(join(dir, 'l'), { force: true });
  expect(readdirSync(dir)).toEqual(['target']);
  expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('precious');
});

const CHANGED = expect.objectContaining({ code: 'ERR_LOCK_CHANGED' }) as Error;

describe.each(BASES)('by id, in %s', (base) => {
  it('the lock that was seen is broken, whatever kind of object it is', () => {
    const path = join(scratch(base), 'l');
    for (const make of [
      () => {
        writeFileSync(path, 'x');
      },
      () => {
        mkdirSync(path);
      },
      () => {
        symlinkSync('/nowhere', path);
      },
    ]) {
      make();
      const { id = '' } = inspectSync(path);
      breakSync(path, { force: true, id });
      expect(readdirSync(join(path, '..'))).toEqual([]);
    }
  });

  it('a successor that appears between the look and the swap goes back to its place', () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    writeFileSync(path, 'first');
    const { id = '' } = inspectSync(path);
    unlinkSync(path);
    writeFileSync(path, 'successor');
    const { id: second } = inspectSync(path);
    expect(native.replace(path, ...birth({}), id)).toBe(-116);
    expect(inspectSync(path).id).toBe(second);
    expect(readdirSync(dir)).toEqual(['l']);
  });

  it('nothing is created where the lock that was seen has gone', () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    writeFileSync(path, 'first');
    const { id = '' } = inspectSync(path);
    unlinkSync(path);
    expect(() => breakSync(path, { force: true, id })).toThrow(CHANGED);
    expect(native.replace(path, ...birth({}), id)).toBe(-116);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('an id without force breaks only what is stale, and only that', () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, 'x');
    const { id = '' } = inspectSync(path);
    expect(() => breakSync(path, { id })).toThrow(HELD);
    writeFileSync(path, '\x02c');
    expect(breakSync(path, { id }).verdict).toBe('stale');
  });

  it('a lock that replaces the one seen in just that moment is never broken', async () => {
    const path = join(scratch(base), 'l');
    const owner = python(OWNER, path);
    let broken = 0;
    for (let round = 0; round < 200; round++) {
      expect(await owner.line()).toBe('made');
      const { id = '' } = inspectSync(path);
      owner.say('go'); // and now it removes this lock and makes the next, while we break
      try {
        breakSync(path, { force: true, id });
        broken++;
      } catch (error) {
        expect(error).toEqual(CHANGED);
      }
      expect(await owner.line()).toBe('made another');
      owner.say('check');
      expect(await owner.line()).toBe('still there');
    }
    expect(broken).toBeLessThan(200); // it did come too late now and then
  });
});

it('a live Helios lock is never broken', async () => {
  const path = join(scratch(), 'l');
  writeFileSync(path, '\x02c');
  await flockHolder(path);
  const { id = '' } = inspectSync(path);
  expect(() => breakSync(path, { force: true, id })).toThrow(/live Helios supervisor/);
  expect(readFileSync(path, 'latin1')).toBe('\x02c');
});
