// Whatever a stranger puts at the path is held: not opened, not followed, not read, not touched.

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inspectSync, tryAcquireSync } from '../../src/index.js';
import { Child } from '../helpers/child.js';
import { BASES, scratch } from '../helpers/scratch.js';

const CHANGELING = fileURLToPath(new URL('../helpers/changeling.py', import.meta.url));

function expectHeld(path: string, object: string): void {
  const before = lstatSync(path, { bigint: true });
  expect(tryAcquireSync(path)).toBeUndefined();
  expect(tryAcquireSync(path, { empty: 'free' })).toBeUndefined();
  expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'existence', object });
  const after = lstatSync(path, { bigint: true });
  expect([after.ino, after.mtimeNs, after.ctimeNs]).toEqual([
    before.ino,
    before.mtimeNs,
    before.ctimeNs,
  ]);
}

describe.each(BASES)('in %s', (base) => {
  it('a FIFO is held and does not hang', () => {
    const path = join(scratch(base), 'l');
    execFileSync('mkfifo', [path]);
    expectHeld(path, 'fifo');
  });

  it('a socket is held', async () => {
    const path = join(scratch(base), 'l');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    expectHeld(path, 'socket');
  });

  it('a dangling symlink is held and its target is not created', () => {
    const dir = scratch(base);
    symlinkSync(join(dir, 'target'), join(dir, 'l'));
    expectHeld(join(dir, 'l'), 'symlink');
    expect(existsSync(join(dir, 'target'))).toBe(false);
    expect(readlinkSync(join(dir, 'l'))).toBe(join(dir, 'target'));
  });

  it('a symlink to a file is held and the file stays as it was', () => {
    const dir = scratch(base);
    writeFileSync(join(dir, 'target'), '\x02c');
    symlinkSync('target', join(dir, 'l'));
    expectHeld(join(dir, 'l'), 'symlink');
    expect(readFileSync(join(dir, 'target'), 'latin1')).toBe('\x02c');
  });

  it('a symlink with control characters in its target is shown without them', () => {
    const path = join(scratch(base), 'l');
    symlinkSync('\u001b[2Jevil\n', path);
    const shown = JSON.stringify(inspectSync(path));
    expect(shown).not.toMatch(/\\u001b|\\n/);
  });

  it('a directory is held', () => {
    const path = join(scratch(base), 'l');
    mkdirSync(path);
    expectHeld(path, 'directory');
  });

  it('a character device is held', () => {
    const path = join(scratch(base), 'l');
    execFileSync('mknod', [path, 'c', '1', '3']);
    expectHeld(path, 'character-device');
  });

  it('a sparse file of 10 GB is held and not read', () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, '');
    truncateSync(path, 10 * 2 ** 30);
    expect(tryAcquireSync(path)).toBeUndefined();
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'existence', object: 'file' });
    expect(lstatSync(path).size).toBe(10 * 2 ** 30);
  });
});

it.each(['directory', 'socket'])(
  'a file that changes places with a %s while it is taken is no error',
  async (kind) => {
    const path = join(scratch(), 'l');
    const child = new Child('python3', ['-u', CHANGELING, path, kind]);
    expect(await child.line()).toBe('ready');
    let taken = 0;
    for (let tries = 0; tries < 5000; tries++)
      if (tryAcquireSync(path)?.releaseSync() !== undefined) taken++;
    expect(taken).toBeGreaterThan(0);
    await child.finish();
  },
);
