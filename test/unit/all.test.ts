// Many locks as one: all of them or none.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { acquireAll, acquireSync, LockError, type Inspection } from '../../src/index.js';
import { IN, subscribe } from '../../src/watch.js';
import { Child, flockHolder } from '../helpers/child.js';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { scratch, until } from '../helpers/scratch.js';

async function refusal(promise: Promise<unknown>): Promise<LockError> {
  try {
    await promise;
  } catch (error) {
    if (LockError.is(error)) return error;
    throw error;
  }
  throw new Error('not refused');
}

it('all are taken, each once, and let go together', async () => {
  const dir = scratch();
  const paths = ['c', 'a', 'b', 'a'].map((name) => join(dir, name));
  const set = await acquireAll(paths);
  expect(set.locks.map((lock) => lock.path)).toEqual(['a', 'b', 'c'].map((n) => join(dir, n)));
  expect(readdirSync(dir).sort()).toEqual(['a', 'b', 'c']);
  expect(set.releaseSync()).toEqual(['unlinked', 'unlinked', 'unlinked']);
  expect(set.releaseSync()).toEqual(['unlinked', 'unlinked', 'unlinked']);
  expect(readdirSync(dir)).toEqual([]);
});

it('no paths give an empty set', async () => {
  const set = await acquireAll([]);
  expect(set.locks).toEqual([]);
  expect(set.releaseSync()).toEqual([]);
});

it('one that is held takes none; every blocker is listed and nothing is left behind', async () => {
  const dir = scratch();
  const path = (name: string): string => join(dir, name);
  closeSync(openSync(path('excl'), 'wx'));
  writeFileSync(path('procmail'), '0', { mode: 0o444 });
  writeFileSync(path('stale'), '\x02c');
  const child = await flockHolder(path('flock'));
  const paths = ['free1', 'excl', 'stale', 'flock', 'procmail', 'zfree'].map(path);
  const error = await refusal(acquireAll(paths, { timeout: 0 }));
  expect(error.code).toBe('ERR_LOCK_HELD');
  expect(error.blockers.map((blocker) => blocker.path).sort()).toEqual(
    ['excl', 'flock', 'procmail'].map(path),
  );
  for (const name of ['excl', 'flock', 'procmail']) expect(error.message).toContain(path(name));
  expect(existsSync(path('free1'))).toBe(false);
  expect(existsSync(path('zfree'))).toBe(false);
  for (const name of ['excl', 'flock', 'procmail']) expect(existsSync(path(name))).toBe(true);
  await child.finish();
});

it('stale ones are adopted', async () => {
  const dir = scratch();
  writeFileSync(join(dir, 'b'), '\x02c');
  const set = await acquireAll(['a', 'b', 'c'].map((name) => join(dir, name)));
  expect(set.locks.every((lock) => lock.held)).toBe(true);
  expect(new Set(set.locks.map((lock) => lock.path)).size).toBe(3);
  set.releaseSync();
  expect(readdirSync(dir)).toEqual([]);
});

it('outcomes come in the order of locks, adopted ones included', async () => {
  const dir = scratch();
  writeFileSync(join(dir, 'b'), '\x02c');
  const set = await acquireAll(['a', 'b', 'c'].map((name) => join(dir, name)));
  const index = set.locks.findIndex((lock) => lock.path === join(dir, 'c'));
  unlinkSync(join(dir, 'c'));
  const outcomes = set.releaseSync();
  expect(outcomes[index]).toBe('lost');
  expect(outcomes.filter((outcome) => outcome === 'unlinked')).toHaveLength(2);
});

it('of many, some in one directory, each is let go as it would be by itself', async () => {
  const dir = scratch();
  for (const name of ['one', 'two']) mkdirSync(join(dir, name));
  const names = Array.from({ length: 50 }, (_, i) => `two/${String(10 + i)}`);
  const paths = ['one/a', 'one/b', ...names, 'x', 'one.lock'].map((name) => join(dir, name));
  const set = await acquireAll(paths);
  const opened = openSync(join(dir, 'two/30'), 'r');
  unlinkSync(join(dir, 'two/42'));
  writeFileSync(join(dir, 'two/42'), 'of another');
  renameSync(join(dir, 'one'), join(dir, 'moved'));
  const outcomes = new Map(
    set.releaseSync().map((outcome, at) => [relative(dir, set.locks[at]?.path ?? ''), outcome]),
  );
  const others = [...outcomes].filter(([, outcome]) => outcome !== 'unlinked');
  expect(others).toEqual([
    ['one/a', 'lost'],
    ['one/b', 'lost'],
    ['two/30', 'handed-over'],
    ['two/42', 'lost'],
  ]);
  expect(outcomes.size).toBe(54);
  expect(readFileSync(join(dir, 'two/42'), 'utf8')).toBe('of another');
  closeSync(opened);
  await until(() => readdirSync(join(dir, 'two')).length === 1);
});

itWith(
  lacksCommand('strace'),
  'a directory is locked once for 16 locks in it, and not between them and the next',
  () => {
    const dir = scratch();
    const log = join(scratch(), 'log');
    const index = new URL('../../dist/index.js', import.meta.url).pathname;
    const script = `import { acquireAll } from '${index}';
      (await acquireAll(Array.from({ length: 40 }, (_, i) => '${dir}/' + i))).releaseSync();`;
    const node = [process.execPath, '--input-type=module', '-e', script];
    execFileSync('strace', ['-f', '-y', '-o', log, '-e', 'trace=flock,close,unlinkat', ...node]);
    const calls = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`<${dir}>`))
      .map((line) => /(flock|close|unlinkat)\(/.exec(line)?.[1]);
    const go = (files: number): string[] => [
      'flock',
      ...Array<string>(files).fill('unlinkat'),
      'close',
    ];
    expect(calls).toEqual([...go(16), ...go(16), ...go(8)]);
  },
);

it('a set of locks with adopted ones among them is in the order of the sorted paths', async () => {
  const dir = scratch();
  const paths = ['a', 'b', 'c'].map((name) => join(dir, name));
  writeFileSync(join(dir, 'b'), '\x02c');
  const set = await acquireAll(paths);
  expect(set.locks.map((lock) => lock.path)).toEqual(paths);
  set.releaseSync();
});

it('one that cannot be locked at all is its error, and nothing is held', async () => {
  const dir = scratch();
  writeFileSync(join(dir, 'b'), '\x02c');
  const paths = [join(dir, 'a'), join(dir, 'b'), join(dir, 'missing', 'c')];
  const error = await refusal(acquireAll(paths));
  expect(error).toMatchObject({ code: 'ERR_LOCK_PATH', path: paths[2] });
  expect(existsSync(join(dir, 'a'))).toBe(false);
});

it('it waits for every blocker and holds nothing meanwhile', async () => {
  const dir = scratch();
  const path = (name: string): string => join(dir, name);
  closeSync(openSync(path('b'), 'wx'));
  const own = acquireSync(path('c'));
  const seen: Inspection[] = [];
  const free: boolean[] = [];
  const set = await acquireAll(['a', 'b', 'c'].map(path), {
    onBlocked: (blocker) => {
      seen.push(blocker);
      free.push(!existsSync(path('a')));
      if (blocker.path === path('b')) unlinkSync(path('b'));
      if (blocker.path === path('c')) own.releaseSync();
    },
  });
  expect(seen.map((blocker) => blocker.path)).toEqual(['b', 'c'].map(path));
  expect(free).toEqual([true, true]);
  expect(readdirSync(dir).sort()).toEqual(['a', 'b', 'c']);
  set.releaseSync();
  await until(() => readdirSync(dir).length === 0);
});

it('an abort ends the wait and leaves nothing', async () => {
  const dir = scratch();
  const held = acquireSync(join(dir, 'b'));
  const controller = new AbortController();
  const onBlocked = (): void => {
    controller.abort('enough');
  };
  const paths = [join(dir, 'a'), join(dir, 'b')];
  const error = await refusal(acquireAll(paths, { signal: controller.signal, onBlocked }));
  expect(error).toMatchObject({ code: 'ERR_LOCK_ABORTED', cause: 'enough' });
  expect(error.blockers.map((blocker) => blocker.path)).toEqual([join(dir, 'b')]);
  held.releaseSync();
  expect(readdirSync(dir)).toEqual([]);
});

it('a signal that has fired already takes none', async () => {
  const dir = scratch();
  const error = await refusal(acquireAll([join(dir, 'a')], { signal: AbortSignal.abort() }));
  expect(error.code).toBe('ERR_LOCK_ABORTED');
  expect(readdirSync(dir)).toEqual([]);
});

it('of paths one of which is held, none is taken even for a moment', async () => {
  const dir = scratch();
  const made: string[] = [];
  const watch = subscribe(dir, false, (name, mask) => {
    if ((mask & IN.CREATE) !== 0) made.push(name);
  });
  const held = acquireSync(join(dir, 'b'));
  await refusal(
    acquireAll(
      ['a', 'b', 'c'].map((name) => join(dir, name)),
      { timeout: 0 },
    ),
  );
  writeFileSync(join(dir, 'end'), '');
  await until(() => made.includes('end'));
  expect(made).toEqual(['b', 'end']);
  watch.close();
  held.releaseSync();
});

itWith(
  process.getuid?.() === 0 ? undefined : 'not root',
  'a dead holder’s file that this user may not write to is waited for, not tried for ever',
  async () => {
    const dir = scratch();
    chmodSync(dir, 0o1777);
    writeFileSync(join(dir, 'a'), '\x02c');
    const index = new URL('../../dist/index.js', import.meta.url).pathname;
    const child = new Child('setpriv', [
      ...['--reuid', '65534', '--clear-groups', process.execPath, '--input-type=module', '-e'],
      `import { acquireAll } from '${index}';
       acquireAll(['${join(dir, 'a')}'], { timeout: 100 }).catch(({ code }) => console.log(code));`,
    ]);
    expect(await child.line()).toBe('ERR_LOCK_TIMEOUT');
  },
);
