// Breaking: what is nobody's without asking, a held one only by force and never through a gap.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acquireSync, breakSync, inspectSync, takeSync } from '../../src/index.js';
import { exitCode } from '../helpers/child.js';
import { scratch } from '../helpers/scratch.js';

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
