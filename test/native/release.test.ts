// Letting go never removes somebody else's lock and never leaves a waiter on an unlinked inode.

import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireSync, inspectSync, tryAcquireSync } from '../../src/index.js';
import { native } from '../../src/native.js';
import { exitCode, flockWaiter, python } from '../helpers/child.js';
import { BASES, hasWaiter, scratch, until } from '../helpers/scratch.js';

const READER = `
import sys
f = open(sys.argv[1])
print('open')
sys.stdin.readline()
`;

describe.each(BASES)('in %s', (base) => {
  it('a release with a blocked flock hands the live name over, and what stays is swept', async () => {
    const path = join(scratch(base), 'l');
    const lock = acquireSync(path);
    const waiter = flockWaiter(path);
    await until(() => hasWaiter(path));
    expect(lock.releaseSync()).toBe('handed-over');
    expect(await waiter.line()).toBe('held');
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'kernel' });
    expect(exitCode('flock', '-n', path, 'true')).toBe(1);
    expect(tryAcquireSync(path)).toBeUndefined();
    await waiter.finish();
    await until(() => !existsSync(path));
  });

  it('a release under an open reader leaves residue that goes once the reader closes', async () => {
    const path = join(scratch(base), 'l');
    const lock = acquireSync(path);
    const reader = python(READER, path);
    expect(await reader.line()).toBe('open');
    expect(lock.releaseSync()).toBe('handed-over');
    expect(readFileSync(path, 'latin1')).toBe(native.residueMark);
    expect(inspectSync(path).verdict).toBe('residue');
    await reader.finish();
    await until(() => !existsSync(path));
  });

  it('residue that a reader keeps open is adopted at once', async () => {
    const path = join(scratch(base), 'l');
    const lock = acquireSync(path);
    const reader = python(READER, path);
    expect(await reader.line()).toBe('open');
    lock.releaseSync();
    const id = inspectSync(path).id;
    const next = acquireSync(path);
    expect(inspectSync(path).id).toBe(id);
    await reader.finish();
    expect(next.releaseSync()).toBe('unlinked');
  });

  it('a release never removes a successor', () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    const lock = acquireSync(path);
    writeFileSync(join(dir, 'other'), 'successor');
    renameSync(join(dir, 'other'), path);
    expect(lock.releaseSync()).toBe('lost');
    expect(readFileSync(path, 'utf8')).toBe('successor');
  });

  it('a release after a removal and a new exclusive create leaves the new file', () => {
    const path = join(scratch(base), 'l');
    const lock = acquireSync(path);
    unlinkSync(path);
    closeSync(openSync(path, 'wx'));
    expect(lock.releaseSync()).toBe('lost');
    expect(statSync(path).size).toBe(0);
  });

  it('a second release gives the first answer and touches nothing', () => {
    const path = join(scratch(base), 'l');
    const lock = acquireSync(path);
    expect(lock.releaseSync()).toBe('unlinked');
    closeSync(openSync(path, 'wx'));
    expect(lock.releaseSync()).toBe('unlinked');
    expect(existsSync(path)).toBe(true);
  });

  it('a second link to the held file does not keep the name', () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    const lock = acquireSync(path);
    linkSync(path, join(dir, 'backup'));
    expect(lock.releaseSync()).toBe('unlinked');
    expect(existsSync(path)).toBe(false);
  });

  it('many hand-overs to blocked flocks keep every entry exclusive', async () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    const script = `set -C; true >"$1" || echo overlap; rm "$1"`;
    for (let round = 0; round < 20; round++) {
      const lock = acquireSync(path);
      const waiters = [1, 2].map(() =>
        python(
          'import subprocess, sys; print(subprocess.run(sys.argv[1:], capture_output=True, text=True).stdout.strip() or "alone")',
          'flock',
          path,
          'sh',
          '-c',
          script,
          'sh',
          join(dir, 'marker'),
        ),
      );
      await until(() => hasWaiter(path));
      lock.releaseSync();
      for (const waiter of waiters) expect(await waiter.line()).toBe('alone');
      await until(() => !existsSync(path) || inspectSync(path).by === 'undecidable');
      if (existsSync(path)) unlinkSync(path); // a late flock made a file of its own
    }
  });
});
