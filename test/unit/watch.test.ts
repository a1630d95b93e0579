// What a watch of a directory proves about the files that come and go in it, and what it does not.

import { closeSync, existsSync, linkSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectSync, tryAcquireSync, watchDirectory } from '../../src/index.js';
import { ORIGIN } from '../../src/native.js';
import { originOf } from '../../src/watch.js';
import { exitCode, flockHolder, python, type Child } from '../helpers/child.js';
import { BASES, scratch, until } from '../helpers/scratch.js';

// A flock(1) that holds a file which the watcher has seen locked during its maker's open. That may be missed (the
// two events of its open came apart; a name that vanished at once makes the watcher distrust what
// is created in the next second): then the file is undecidable, and another one is made.
async function provenFlock(path: string, before = (): void => undefined): Promise<Child> {
  for (;;) {
    before();
    const child = await flockHolder(path);
    const origin = (): number | undefined => originOf(path)?.origin;
    const settled: readonly unknown[] = [ORIGIN.locked, ORIGIN.kernel, ORIGIN.unknown];
    await until(() => settled.includes(origin()));
    if (origin() !== ORIGIN.unknown) return child;
    await child.finish();
    unlinkSync(path);
  }
}

// After this the watcher has had its chance at everything that was locked before.
async function watcherHasLooked(dir: string): Promise<void> {
  const child = await provenFlock(join(dir, 'control'));
  await child.finish();
  unlinkSync(join(dir, 'control'));
}

// Flocks every existing file named in argv, says so, and keeps the locks until its input ends.
const FLOCK_ALL = `
import fcntl, os, sys
fds = [os.open(p, os.O_RDONLY) for p in sys.argv[1:]]
for fd in fds: fcntl.flock(fd, fcntl.LOCK_EX)
print('held')
sys.stdin.readline()
`;

describe.each(BASES)('in %s', (base) => {
  it('what a flock that came and went left is residue, and is taken', async () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    using _watch = watchDirectory(dir);
    const child = await provenFlock(path);
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'kernel' });
    await child.finish();
    const seen = inspectSync(path);
    expect(seen).toMatchObject({ verdict: 'residue', protocol: 'flock' });
    const lock = tryAcquireSync(path);
    expect(inspectSync(path).id).toBe(seen.id);
    expect(lock?.releaseSync()).toBe('unlinked');
  });

  it('what a flock leaves is known, although locks of ours came and went just before it', async () => {
    const dir = scratch(base);
    using _watch = watchDirectory(dir);
    // As a supervisor does that takes all locks or none; most are gone before the watcher sees them.
    await provenFlock(join(dir, 'l'), () => {
      for (let left = 100; left > 0; left--) tryAcquireSync(join(dir, 'ours'))?.releaseSync();
    });
  });

  it('a file that was there before the watch began is undecidable', async () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    const child = await flockHolder(path);
    using _watch = watchDirectory(dir);
    await watcherHasLooked(dir);
    await child.finish();
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
    expect(tryAcquireSync(path)).toBeUndefined();
  });

  it('a file is undecidable again once the watch is closed', async () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    const watch = watchDirectory(dir);
    const child = await provenFlock(path);
    await child.finish();
    watch.close();
    watch.close();
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
  });

  it.each([
    ['watched', true, false],
    ['watched, kept open by its maker', true, true],
    ['unwatched', false, false],
    ['unwatched, kept open by its maker', false, true],
  ])('a live empty lock that flock -n probes is never residue: %s', async (_n, watched, open) => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    using _watch = watched ? watchDirectory(dir) : undefined;
    const fd = openSync(path, 'wx');
    if (!open) closeSync(fd);
    for (let i = 0; i < 100; i++) {
      expect(exitCode('flock', '-n', path, 'true')).toBe(0);
      expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
    }
    const child = await flockHolder(path);
    if (watched) await watcherHasLooked(dir);
    await child.finish();
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
    expect(tryAcquireSync(path)).toBeUndefined();
    if (open) closeSync(fd);
  });

  it.each(['kept open', 'closed at once'])(
    'a live empty lock that is flocked the moment it appears is never residue: %s',
    async (how) => {
      const dir = scratch(base);
      using _watch = watchDirectory(dir);
      const paths = Array.from({ length: 100 }, (_, i) => join(dir, `l${String(i)}`));
      const prober = python(
        `
import fcntl, os, sys
print('ready')
for p in sys.argv[1:]:
    while True:
        try:
            fd = os.open(p, os.O_RDONLY)
            break
        except FileNotFoundError:
            pass
    fcntl.flock(fd, fcntl.LOCK_EX)
    print('held')
sys.stdin.readline()
`,
        ...paths,
      );
      await prober.line();
      const fds: number[] = [];
      for (const path of paths) {
        const fd = openSync(path, 'wx');
        if (how === 'kept open') fds.push(fd);
        else closeSync(fd);
        expect(await prober.line()).toBe('held');
      }
      await watcherHasLooked(dir);
      await prober.finish();
      expect(paths.filter((path) => inspectSync(path).verdict !== 'held').slice(0, 3)).toEqual([]);
      for (const fd of fds) closeSync(fd);
    },
  );

  it('a lock made by link(2) from the same directory that is then flocked is never residue', async () => {
    const dir = scratch(base);
    using _watch = watchDirectory(dir);
    const paths: string[] = [];
    for (let i = 0; i < 50; i++) {
      const path = join(dir, `l${String(i)}`);
      closeSync(openSync(`${path}.own`, 'wx'));
      linkSync(`${path}.own`, path);
      unlinkSync(`${path}.own`);
      paths.push(path);
    }
    const child = python(FLOCK_ALL, ...paths);
    expect(await child.line()).toBe('held');
    await watcherHasLooked(dir);
    await child.finish();
    expect(paths.filter((path) => inspectSync(path).verdict !== 'held').slice(0, 3)).toEqual([]);
  });

  it('a lock made by link(2) from another directory that is then flocked is never residue', async () => {
    const dir = scratch(base);
    const elsewhere = scratch(base);
    using _watch = watchDirectory(dir);
    const paths = Array.from({ length: 200 }, (_, i) => join(dir, `l${String(i)}`));
    const maker = python(
      `
import os, sys
source = sys.argv[1] + '/own'
for p in sys.argv[2:]:
    fd = os.open(source, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    os.close(fd)
    os.link(source, p)
    os.unlink(source)
print('made')
sys.stdin.readline()
`,
      elsewhere,
      ...paths,
    );
    expect(await maker.line()).toBe('made');
    const child = python(FLOCK_ALL, ...paths);
    expect(await child.line()).toBe('held');
    await watcherHasLooked(dir);
    await child.finish();
    expect(paths.filter((path) => inspectSync(path).verdict !== 'held').slice(0, 3)).toEqual([]);
  });

  it('a lock made by O_TMPFILE and linkat that is then flocked is never residue', async () => {
    const dir = scratch(base);
    using _watch = watchDirectory(dir);
    const paths = Array.from({ length: 50 }, (_, i) => join(dir, `l${String(i)}`));
    const maker = python(
      `
import os, sys
fds = []
for p in sys.argv[1:]:
    fd = os.open(os.path.dirname(p), os.O_TMPFILE | os.O_RDWR)
    os.link('/proc/self/fd/%d' % fd, p, src_dir_fd=fd, follow_symlinks=True)
    os.close(fd)
print('made')
sys.stdin.readline()
`,
      ...paths,
    );
    expect(await maker.line()).toBe('made');
    const child = python(FLOCK_ALL, ...paths);
    expect(await child.line()).toBe('held');
    await watcherHasLooked(dir);
    await child.finish();
    await maker.finish();
    expect(paths.filter((path) => inspectSync(path).verdict !== 'held').slice(0, 3)).toEqual([]);
  });

  it('a file renamed into place and then flocked is never residue', async () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    using _watch = watchDirectory(dir);
    closeSync(openSync(join(dir, 'tmp'), 'wx'));
    const script = 'import os, sys; os.rename(sys.argv[1], sys.argv[2]); print(1)';
    expect(await python(script, join(dir, 'tmp'), path).line()).toBe('1');
    const child = await flockHolder(path);
    await watcherHasLooked(dir);
    await child.finish();
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
  });

  it("what a flock left is an existence lock's again once it was removed and created anew", async () => {
    const dir = scratch(base);
    const path = join(dir, 'l');
    using _watch = watchDirectory(dir);
    const child = await provenFlock(path);
    await child.finish();
    unlinkSync(path);
    closeSync(openSync(path, 'wx'));
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
    expect(existsSync(path)).toBe(true);
  });
});

it('a directory that is not there cannot be watched', () => {
  expect(() => watchDirectory(join(scratch(), 'missing'))).toThrow(
    expect.objectContaining({ code: 'ERR_LOCK_PATH' }),
  );
});
