// The short look of a try that wants no reasons: never says "held" where the full one would not.

import { linkSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { acquireSync, inspectSync, tryAcquireSync, watchDirectory } from '../../src/index.js';
import { surelyHeld } from '../../src/inspect/glance.js';
import { native } from '../../src/native.js';
import { flockHolder } from '../helpers/child.js';
import { BASES, scratch, until } from '../helpers/scratch.js';

const FILES: Record<string, (path: string) => void> = {
  nothing: () => undefined,
  'an empty file': (path) => {
    writeFileSync(path, '');
  },
  'an empty file with a second name that tells a dead pid': (path) => {
    writeFileSync(path, '');
    linkSync(path, join(dirname(path), 'host-1f2e3d4c.4194303-6170838417283749214'));
  },
  'the pid of nobody': (path) => {
    writeFileSync(path, '4194303\n');
  },
  'a pid that lives': (path) => {
    writeFileSync(path, `${String(process.pid)}\n`);
  },
  'bytes of no protocol': (path) => {
    writeFileSync(path, 'hello');
  },
  'the residue mark': (path) => {
    writeFileSync(path, native.residueMark);
  },
  'a record of lockbridge without its lock': (path) => {
    const lock = acquireSync(path);
    const text = lock.recordText;
    lock.releaseSync();
    writeFileSync(path, text);
  },
  'a file of lockbridge that was emptied and left': (path) => {
    const fd = native.openExclusive(path, 0o644);
    native.setAttribute(fd);
    native.close(fd);
  },
  'a directory': (path) => {
    mkdirSync(path);
  },
  'a link to nothing': (path) => {
    symlinkSync('nowhere', path);
  },
  'a pipe': (path) => {
    execFileSync('mkfifo', [path]);
  },
};

describe.each(BASES)('in %s', (base) => {
  describe.each(['held', 'free'] as const)('where an empty file is %s', (empty) => {
    it.each(Object.entries(FILES))('%s', (_, make) => {
      const path = join(scratch(base), 'l');
      make(path);
      if (!surelyHeld(path, { empty })) return;
      expect(inspectSync(path, { empty }).verdict).toBe('held');
    });
  });

  it('tells what is held from what is free', async () => {
    const path = join(scratch(base), 'l');
    expect(surelyHeld(path, {})).toBe(false);
    const child = await flockHolder(path);
    expect(surelyHeld(path, { empty: 'held' })).toBe(true);
    expect(surelyHeld(path, { empty: 'free' })).toBe(false); // that takes a real look
    await child.finish();
    const other = join(scratch(base), 'l');
    const lock = acquireSync(other);
    expect(surelyHeld(other, {})).toBe(true);
    lock.releaseSync();
    expect(surelyHeld(other, {})).toBe(false);
  });
});

it('sees the mark of lockbridge on a file that it has seen without', async () => {
  const path = join(scratch(), 'l');
  const fd = native.openExclusive(path, 0o644);
  const { ctimeMs } = statSync(path);
  await until(() => Date.now() - ctimeMs > 200);
  expect([surelyHeld(path, {}), surelyHeld(path, {})]).toEqual([true, true]);
  native.setAttribute(fd);
  expect(surelyHeld(path, {})).toBe(false);
  native.close(fd);
});

it('the policy of the environment counts', () => {
  const path = join(scratch(), 'l');
  writeFileSync(path, '');
  expect(surelyHeld(path, {})).toBe(true);
  vi.stubEnv('LOCKBRIDGE_EMPTY', 'free');
  expect(surelyHeld(path, {})).toBe(false);
  vi.unstubAllEnvs();
});

it('decides nothing where lineages are kept', () => {
  const dir = scratch();
  const path = join(dir, 'l');
  writeFileSync(path, '');
  using watch = watchDirectory(dir);
  expect(surelyHeld(path, {})).toBe(false);
  expect(tryAcquireSync(path)).toBeUndefined();
  watch.close();
});
