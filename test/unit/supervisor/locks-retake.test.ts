// A lock that disappears while it is held is taken anew at once.

import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inspectSync } from '../../../src/index.js';
import { Child, exitCode } from '../../helpers/child.js';
import { until } from '../../helpers/scratch.js';
import { otherSupervisor, world, type World } from '../../helpers/update-locks.js';

const kinds = ({ events }: World): string[] => events.map(({ kind }) => kind);
const held = (path: string): boolean =>
  existsSync(path) && inspectSync(path).record?.role === 'supervisor';

it('removed by an exit handler, it is taken anew, as often as it goes', async () => {
  const all = world();
  const lock = await all.locks.lock({ reason: 'r' });
  for (let times = 1; times <= 20; times++) {
    unlinkSync(all.path('one'));
    await until(() => kinds(all).filter((kind) => kind === 'retaken').length === times);
    expect(exitCode('flock', '-n', all.path('one'), 'true')).toBe(1);
  }
  expect(kinds(all).slice(0, 3)).toEqual(['taken', 'lost', 'retaken']);
  expect(all.events[1]).toMatchObject({ app: '123', service: 'one', path: all.path('one') });
  await lock.release();
  expect(readdirSync(join(all.path('one'), '..'))).toEqual([]);
});

it('all of them at once, and moved away, are taken anew', async () => {
  const all = world();
  const lock = await all.locks.lock();
  const moved = `${all.path('one')}.moved`;
  renameSync(all.path('one'), moved);
  for (const path of all.locks.paths) rmSync(path, { force: true });
  await until(() => all.locks.paths.every(held));
  await lock.release();
  unlinkSync(moved);
  for (const path of all.locks.paths) expect(existsSync(path)).toBe(false);
});

it('an overridden npm lockfile’s exit handler takes nothing away for long', async () => {
  const all = world();
  const app = new Child(process.execPath, [
    '--input-type=module',
    '-e',
    `import lockfile from '${new URL('../../../node_modules/lockfile/lockfile.js', import.meta.url).pathname}';
     lockfile.lockSync('${all.path('one')}');
     console.log('held');
     process.stdin.on('end', () => process.exit()).resume();`,
  ]);
  expect(await app.line()).toBe('held');
  const lock = await all.locks.lock({ force: true });
  await app.finish();
  await until(() => kinds(all).includes('retaken'));
  expect(exitCode('flock', '-n', all.path('one'), 'true')).toBe(1);
  await lock.release();
});

it('somebody else’s lock in its place is reported, respected, and taken when they let go', async () => {
  const all = world();
  const lock = await all.locks.lock();
  writeFileSync(`${all.path('one')}.new`, '0', { mode: 0o444 });
  renameSync(`${all.path('one')}.new`, all.path('one'));
  await until(() => kinds(all).includes('lost'));
  expect(all.events.find(({ kind }) => kind === 'lost')?.text).toContain('procmail');
  expect(kinds(all)).not.toContain('retaken');
  unlinkSync(all.path('one'));
  await until(() => kinds(all).includes('retaken'));
  await lock.release();
  expect(existsSync(all.path('one'))).toBe(false);
});

it('a release ends the wait for a lock that somebody else has now', async () => {
  const all = world();
  const lock = await all.locks.lock();
  writeFileSync(`${all.path('one')}.new`, 'theirs');
  renameSync(`${all.path('one')}.new`, all.path('one'));
  await until(() => kinds(all).includes('lost'));
  await lock.release();
  unlinkSync(all.path('one'));
  await all.locks.withLock(() => undefined);
  expect(kinds(all)).not.toContain('retaken');
});

it('a forced operation takes it from them again', async () => {
  const all = world();
  const lock = await all.locks.lock({ force: true });
  closeSync(openSync(`${all.path('one')}.new`, 'wx'));
  renameSync(`${all.path('one')}.new`, all.path('one'));
  await until(() => kinds(all).includes('retaken'));
  expect(kinds(all)).toEqual(['taken', 'overridden', 'lost', 'retaken']);
  await lock.release();
});

it('but not from a live supervisor', async () => {
  const all = world();
  const lock = await all.locks.lock({ force: true });
  // Stopped, so that it does not notice that its file is moved to where ours was.
  const elsewhere = world({}, ['one']);
  const other = await otherSupervisor(elsewhere.root, 'one');
  other.process.kill('SIGSTOP');
  renameSync(elsewhere.path('one'), all.path('one'));
  await until(() => kinds(all).includes('lost'));
  expect(all.events.find(({ kind }) => kind === 'lost')?.holder).toContain(
    `pid ${String(other.process.pid)}`,
  );
  expect(kinds(all)).not.toContain('overridden');
  await lock.release();
});

it('a directory that is gone for good is reported, and the release still works', async () => {
  const all = world();
  const lock = await all.locks.lock();
  await new Promise(setImmediate); // from then on they are watched
  rmSync(join(all.path('one'), '..'), { recursive: true });
  await until(() => kinds(all).filter((kind) => kind === 'lost').length === 2);
  expect(all.events.at(-1)?.text).toContain('not taken anew');
  await lock.release();
  await all.locks.withLock(() => undefined);
});
