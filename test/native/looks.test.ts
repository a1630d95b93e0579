// Looking at many paths in one call, by several threads, and listing a tree: whatever lies there, each
// path gets the look that it would get alone.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { acquireSync } from '../../src/index.js';
import { DEPTH, KNOWN, native } from '../../src/native.js';
import { flockHolder, python } from '../helpers/child.js';
import { BASES, scratch } from '../helpers/scratch.js';

const HELPER = fileURLToPath(new URL('../helpers/look-all.mjs', import.meta.url));
const ENOENT = -2;
const EMFILE = -24;
const EACCES = -13;
const MANY = 3000; // enough for every thread that there may be

const each = (paths: readonly string[]) => paths.map((path) => native.look(path, DEPTH.content));
const together = (paths: readonly string[]) => native.lookAll(paths, DEPTH.content).all();

describe.each(BASES)('in %s', (base) => {
  it('many paths are looked at as each of them alone, in their order', async () => {
    const dir = scratch(base);
    const bytes = Buffer.from(Array.from({ length: 600 }, (_, i) => i % 256));
    const paths = Array.from({ length: MANY }, (_, i) => {
      const path = join(dir, i % 7 === 0 ? `a b\nc${String(i)}é` : `f${String(i)}`);
      if (i % 5 === 0) mkdirSync(path);
      else if (i % 5 === 1) symlinkSync(`ö\n${String(i)}`, path);
      else if (i % 5 === 2) writeFileSync(path, bytes.subarray(i % 600));
      else if (i % 5 === 3) closeSync(openSync(path, 'w'));
      return path;
    });
    const [flocked, free] = [join(dir, 'f3'), join(dir, 'f8')];
    await flockHolder(flocked);
    using held = acquireSync(join(dir, 'held'));
    const asked = [...paths, held.path];
    const looks = together(asked);
    expect(looks).toEqual(each(asked));
    expect(looks[3]).toMatchObject({ locked: true, locks: [{ kind: 'FLOCK', write: true }] });
    expect(looks[asked.indexOf(free)]).toMatchObject({ known: KNOWN.indexOf('lease'), size: 0 });
    expect(looks[1]?.target).toBe('ö\n1');
    expect(looks[4]).toEqual({ error: ENOENT });
    expect(Buffer.from(looks[2]?.content ?? '', 'latin1')).toEqual(bytes.subarray(2, 514));
  });

  it('a FIFO and a device are not opened, and of a file of 10 GB as little is read as of any', () => {
    const dir = scratch(base);
    const [fifo, large] = [join(dir, 'fifo'), join(dir, 'large')];
    spawnSync('mkfifo', [fifo]);
    writeFileSync(large, 'x');
    truncateSync(large, 10 * 2 ** 30);
    const looks = together([fifo, large, '/dev/null']);
    expect(looks[0]).toMatchObject({ error: 0, content: '', known: KNOWN.indexOf('unknown') });
    expect(looks[1]).toMatchObject({ size: 10 * 2 ** 30 });
    expect(looks[1]?.content).toHaveLength(512);
    expect(looks[2]).toMatchObject({ error: 0, known: KNOWN.indexOf('unknown') });
  });
});

const CHURN = `
import os, sys
names = [os.path.join(sys.argv[1], 'f%d' % i) for i in range(${String(MANY)})]
print('ready', flush=True)
while not os.path.exists(os.path.join(sys.argv[1], 'stop')):
    for name in names[::3]:
        try:
            os.unlink(name)
        except FileNotFoundError:
            open(name, 'x').close()`;

it('files that come and go meanwhile are there whole, or not at all', async () => {
  const dir = scratch('/dev/shm');
  const paths = Array.from({ length: MANY }, (_, i) => join(dir, `f${String(i)}`));
  for (const path of paths) closeSync(openSync(path, 'w'));
  const churn = python(CHURN, dir);
  expect(await churn.line()).toBe('ready');
  const seen = Array.from({ length: 20 }, () => together(paths)).flat();
  writeFileSync(join(dir, 'stop'), '');
  await churn.finish();
  expect(seen.filter(({ error }) => error < 0).every(({ error }) => error === ENOENT)).toBe(true);
  expect(seen.every((look) => look.error < 0 || /@\d+\.\d{9}$/.test(look.id))).toBe(true);
  const steady = seen.filter((_, at) => (at % MANY) % 3 !== 0);
  expect(steady.every(({ known }) => known === KNOWN.indexOf('lease'))).toBe(true);
});

it('without a descriptor to open them with files are seen and not judged', () => {
  const dir = scratch();
  const paths = ['a', 'b'].map((name) => join(dir, name));
  for (const path of paths) writeFileSync(path, '1');
  const args = ['--nofile=64:64', process.execPath, HELPER, 'spent', ...paths, dir];
  const { stdout, stderr } = spawnSync('prlimit', args, { encoding: 'utf8' });
  expect(stdout + stderr).toBe(`${String(EMFILE)} ${String(EMFILE)} 0\n`);
});

it.skipIf(process.getuid?.() !== 0)('what this user may not read is said to be so', () => {
  const dir = scratch();
  chmodSync(dir, 0o755);
  const [closed, inside] = [join(dir, 'closed'), join(dir, 'not-for-all')];
  writeFileSync(closed, '1', { mode: 0o600 });
  mkdirSync(inside, { mode: 0o700 });
  writeFileSync(join(inside, 'l'), '1');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [HELPER, 'all', closed, join(inside, 'l')],
    { encoding: 'utf8', uid: 65534, gid: 65534 },
  );
  expect(stdout + stderr).toBe(`${String(EACCES)} ${String(EACCES)}\n`);
});

describe('a tree', () => {
  it('of many directories and strange names is listed whole, parents first', () => {
    const dir = scratch();
    const names = ['a b', 'new\nline', '.hidden', 'ü', 'é\t', '-n', '...'];
    for (let i = 0; i < 1200; i++) {
      const below = join(dir, `d${String(i)}`);
      mkdirSync(below);
      for (const name of names) writeFileSync(join(below, name), '');
    }
    const seen = native.walk(dir, true, 10_000, 32);
    if (typeof seen === 'number') throw new Error(String(seen));
    expect(seen).toMatchObject({ unreadable: [], cut: false });
    expect(native.walk(dir, true, 10_000, 32)).toEqual(seen); // in the same order
    const expected = Array.from({ length: 1200 }, (_, i) => [
      `d${String(i)}/`,
      ...names.map((name) => `d${String(i)}/${name}`),
    ]).flat();
    expect([...seen.paths].sort()).toEqual(expected.sort());
    const at = new Map(seen.paths.map((path, index) => [path, index]));
    for (const [path, index] of at)
      if (!path.endsWith('/')) expect(at.get(path.replace(/[^/]*$/, ''))).toBeLessThan(index);
    // Several threads list it, and none of them counts for itself.
    expect(native.walk(dir, true, 5000, 32)).toMatchObject({ cut: true, paths: { length: 5000 } });
    const deep = native.walk(dir, true, 10_000, 1);
    expect(deep).toMatchObject({ cut: true, paths: { length: 1200 } });
  });

  it('with a directory of more names than one read gives is listed whole', () => {
    const dir = scratch();
    const names = Array.from({ length: MANY }, (_, i) => `${'n'.repeat(100)}${String(i)}`);
    for (const name of names) writeFileSync(join(dir, name), '');
    const seen = native.walk(dir, true, 10_000, 1);
    expect(typeof seen === 'object' && [...seen.paths].sort()).toEqual(names.sort());
  });

  it('is cut where it is larger or deeper than was asked for', () => {
    const dir = scratch();
    mkdirSync(join(dir, 'a/b/c'), { recursive: true });
    for (const name of ['1', '2', '3']) writeFileSync(join(dir, 'a/b', name), '');
    expect(native.walk(dir, true, 3, 32)).toMatchObject({ cut: true, paths: { length: 3 } });
    expect(native.walk(dir, true, 100, 2)).toEqual({
      paths: ['a/', 'a/b/'],
      unreadable: [],
      cut: true,
    });
    expect(native.walk(dir, true, 6, 32)).toMatchObject({ cut: false, paths: { length: 6 } });
  });

  it('is left by no symbolic link, and with a name of no encoding it is listed all the same', () => {
    const [dir, outside] = [scratch(), scratch()];
    writeFileSync(join(outside, 'secret'), '');
    symlinkSync(outside, join(dir, 'link'));
    writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0x66, 0xff])]), '');
    expect(native.walk(dir, true, 100, 32)).toMatchObject({
      paths: expect.arrayContaining(['link', 'f\ufffd']) as string[],
    });
    renameSync(join(dir, 'link'), join(dir, 'l2'));
    expect(native.walk(join(dir, 'l2'), false, 100, 32)).toBeLessThan(0);
  });
});
