// Breaking: what is nobody's without asking, a held one only by force and never through a gap.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireSync, breakSync, inspectSync, takeSync } from '../../src/index.js';
import { birth } from '../../src/lock/attempt.js';
import { makeRecord } from '../../src/lock/record.js';
import { replace } from '../../src/lock/replace.js';
import { DEPTH, native } from '../../src/native.js';
import { exitCode, flockHolder, python } from '../helpers/child.js';
import { BASES, scratch } from '../helpers/scratch.js';

// Takes a lock by its name 8,000 times, for up to 100 us each; then prints the inodes that
// somebody else removed. All of them are kept open, so that no number is handed out again.
// Who comes and goes: makes an empty file, and removes it after a look whether it still is its own. What
// the breaker leaves has a record in it, and is removed by the next to come.
const OWNER = `
import os, random, resource, sys, time
path, done = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (9000, 9000))
removed, files = [], []
for _ in range(8000):
    while True:
        try:
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR)
            break
        except FileExistsError:
            try:
                if os.lstat(path).st_size > 0:
                    os.unlink(path)
            except FileNotFoundError:
                pass
    files.append(fd)
    until = time.perf_counter() + random.random() / 10000
    while time.perf_counter() < until:
        pass
    while True:
        st = os.fstat(fd)
        if st.st_nlink == 0:
            removed.append(str(st.st_ino))
            break
        try:
            if os.path.samestat(st, os.lstat(path)):
                os.unlink(path)
                break
        except FileNotFoundError:
            pass # on its way back to its place
os.mkdir(done)
print(' '.join(removed) or 'none')
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
    expect(native.replace(path, ...birth({}), id, 0)).toBe(-116);
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
    expect(native.replace(path, ...birth({}), id, 0)).toBe(-116);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('a file that was adopted since it was judged is its new holder’s, though its id is the same', () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, native.residueMark);
    const seen = inspectSync(path);
    using lock = acquireSync(path);
    expect(inspectSync(path).id).toBe(seen.id);
    expect(replace(path, seen, seen.id, {})).toBe('changed');
    expect(native.stillNames(lock.fd)).toBe(1);
  });

  it('and so if it is adopted at the last moment', () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, native.residueMark);
    const { id, mtime } = native.look(path, DEPTH.content);
    using lock = acquireSync(path);
    expect(native.replace(path, ...birth({}), id, mtime)).toBe(-116);
    expect(native.stillNames(lock.fd)).toBe(1);
  });

  it('who adopts a file that is replaced meanwhile does not get it', () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, native.residueMark);
    const fd = native.adoptOpen(path);
    expect(native.adoptLock(fd)).toBeGreaterThan(0);
    breakSync(path, { force: true });
    expect(native.adoptCommit(fd, ...birth({}))).toBe(-116);
    native.drop(fd);
    expect(existsSync(path)).toBe(false);
  });

  it('an id without force breaks only what is stale, and only that', () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, 'x');
    const { id = '' } = inspectSync(path);
    expect(() => breakSync(path, { id })).toThrow(HELD);
    writeFileSync(path, '\x02c');
    expect(breakSync(path, { id }).verdict).toBe('stale');
  });

  it('of locks that come and go, exactly those are broken whose id was given', async () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    const done = join(dir, 'done');
    const owner = python(OWNER, path, done);
    const broken = new Set<string>();
    let tooLate = 0;
    for (let round = 0; round < 500_000 && !existsSync(done); round++) {
      const seen = native.look(path, DEPTH.name);
      if (seen.error < 0) continue;
      const result = native.replace(path, ...birth({}), seen.id, seen.mtime);
      if (result === -116) tooLate++;
      if (result < 0) continue;
      broken.add(/:(\d+)@/.exec(seen.id)?.[1] ?? '');
      // No release: that looks and then unlinks, and the owner, which looks and then unlinks too, can
      // have removed ours and made the next one in between.
      native.drop(result >> 3);
    }
    const removed = (await owner.line()).split(' ').filter((ino) => ino !== 'none');
    expect(removed.filter((ino) => !broken.has(ino))).toEqual([]);
    expect(tooLate).toBeGreaterThan(0);
    rmSync(path, { force: true }); // what the breaker left last
    expect(readdirSync(dir)).toEqual(['done']);
  });
});

it('a live lockbridge supervisor’s lock is never broken, a dead one’s is', () => {
  const path = join(scratch(), 'l');
  const own = acquireSync(path, { role: 'supervisor' });
  const { id = '' } = inspectSync(path);
  expect(() => breakSync(path, { force: true, id })).toThrow(/live lockbridge supervisor/);
  expect(inspectSync(path).id).toBe(id);
  own.releaseSync();
  writeFileSync(path, makeRecord('', 'supervisor'));
  expect(breakSync(path).verdict).toBe('stale');
});

it('a live Helios lock is never broken', async () => {
  const path = join(scratch(), 'l');
  writeFileSync(path, '\x02c');
  await flockHolder(path);
  const { id = '' } = inspectSync(path);
  expect(() => breakSync(path, { force: true, id })).toThrow(/live Helios supervisor/);
  expect(readFileSync(path, 'latin1')).toBe('\x02c');
});
