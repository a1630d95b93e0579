// Waiters block on threads of their own: never libuv's pool, and none is left.

import { promises, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acquire, LockError } from '../../src/index.js';
import { flockHolder } from '../helpers/child.js';
import { scratch, until } from '../helpers/scratch.js';

const tasks = (): number => readdirSync('/proc/self/task').length;
const descriptors = (): number => readdirSync('/proc/self/fd').length;

async function waitAll(
  path: string,
  count: number,
  during: () => Promise<void>,
): Promise<string[]> {
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = Array.from({ length: count }, () =>
    acquire(path, { signal }).then(
      () => 'taken',
      (error: unknown) => (LockError.is(error) ? error.code : String(error)),
    ),
  );
  try {
    await during();
  } finally {
    controller.abort();
  }
  return Promise.all(waiting);
}

it('64 waiters leave file operations alone, are all cancelled, and leave no thread', async () => {
  const dir = scratch();
  const path = join(dir, 'l');
  const other = join(dir, 'other');
  writeFileSync(other, 'read me');
  const child = await flockHolder(path);
  const readSome = async (): Promise<string[]> =>
    Promise.all(Array.from({ length: 8 }, async () => promises.readFile(other, 'utf8')));
  // Started once and kept by design: libuv's pool and the watcher.
  await readSome();
  await waitAll(path, 1, readSome.bind(null) as () => Promise<never>);
  const before = tasks();
  const open = descriptors();
  const results = await waitAll(path, 64, async () => {
    await until(() => tasks() === before + 64);
    expect(await readSome()).toEqual(Array(8).fill('read me'));
    expect(tasks()).toBe(before + 64);
  });
  expect(results).toEqual(Array(64).fill('ERR_LOCK_ABORTED'));
  await until(() => tasks() === before);
  expect(descriptors()).toBe(open);
  await child.finish();
});

it('waits that end with one signal each name whoever was in their own way', async () => {
  const dir = scratch();
  const paths = ['a', 'b', 'c'].map((name) => join(dir, name));
  const children = await Promise.all(paths.map(async (path) => flockHolder(path)));
  const controller = new AbortController();
  const { signal } = controller;
  let blocked = 0;
  const waits = paths.flatMap((path) =>
    (['held', 'free'] as const).map(async (empty) => {
      const onBlocked = (): void => {
        blocked++;
      };
      const error: unknown = await acquire(path, { signal, empty, onBlocked }).catch(
        (reason: unknown) => reason,
      );
      if (!LockError.is(error)) throw new Error('not refused');
      return error.blockers.map((one) => [one.path, one.holders[0]?.pid]);
    }),
  );
  await until(() => blocked === waits.length);
  controller.abort();
  const own = paths.flatMap((path, at) => {
    const blocker = [[path, children[at]?.process.pid]];
    return [blocker, blocker];
  });
  expect(await Promise.all(waits)).toEqual(own);
  await Promise.all(children.map(async (child) => child.finish()));
});
