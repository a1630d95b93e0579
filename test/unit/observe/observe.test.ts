// What an observer says about real processes.

import { closeSync, mkdirSync, openSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inspectSync, observe, takeSync } from '../../../src/index.js';
import { exitCode, flockHolder, flockWaiter, holder, python } from '../../helpers/child.js';
import { hasWaiter, scratch, until } from '../../helpers/scratch.js';
import { Watching } from '../../helpers/watching.js';

const pid = ({ process }: { process: { pid?: number | undefined } }): string => String(process.pid);

// A Python program that holds a flock on argv[1] and does `then` for every line of input.
const holding = (then: string): string => `
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
fcntl.flock(fd, fcntl.LOCK_EX)
print('held')
for line in sys.stdin:
    ${then}
    print('done')
`;

it('takes, waits, hand-overs and releases are told in their order', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const watching = await Watching.start([dir], { NO_CLEAR: '1' });
  const first = await flockHolder(path);
  await watching.flocked(path);
  const second = flockWaiter(path);
  await until(() => hasWaiter(path));
  await watching.next('waits', path);
  await first.finish();
  await watching.next('took', path);
  await second.finish();
  await watching.next('released', path);
  expect(watching.of(path)).toEqual([
    `took ${pid(first)}`,
    `waits ${pid(second)}`,
    `released ${pid(first)}`,
    `took ${pid(second)}`,
    `released ${pid(second)}`,
  ]);
  expect(watching.said.find(({ kind }) => kind === 'took')).toMatchObject({
    verdict: 'held',
    by: 'kernel',
    protocol: 'flock',
    holder: { command: expect.stringContaining('flock') as string, mode: 'exclusive' },
  });
});

it('a waiter that is killed gives up', async () => {
  const path = join(scratch(), 'a.lock');
  const watching = await Watching.start([path]);
  await flockHolder(path);
  const second = flockWaiter(path);
  await watching.next('waits', path);
  second.process.kill('SIGKILL');
  expect(await watching.next('gave-up', path)).toMatchObject({
    holder: { pid: second.process.pid },
  });
});

it('a lock that is let go with the file kept open is released', async () => {
  const path = join(scratch(), 'a.lock');
  const watching = await Watching.start([path]);
  const child = python(holding('fcntl.flock(fd, fcntl.LOCK_UN)'), path);
  await watching.next('took', path);
  child.say('unlock');
  expect(await watching.next('released', path)).toMatchObject({
    holder: { pid: child.process.pid },
    verdict: 'held',
    by: 'undecidable',
  });
});

it('what is held when the watch begins is found, with its waiter', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const first = await flockHolder(path);
  const second = flockWaiter(path);
  await until(() => hasWaiter(path));
  const watching = await Watching.start([dir]);
  expect(watching.of(path)).toEqual([`found ${pid(first)}`, `waits ${pid(second)}`]);
});

it('a lockbridge lock is known by its name alone, and its end by the kernel', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const watching = await Watching.start([dir]);
  const child = await holder(path);
  expect(await watching.next('took', path)).toMatchObject({
    protocol: 'lockbridge',
    holder: { pid: child.process.pid },
  });
  child.say('release');
  await watching.next('released', path);
  const other = await holder(path);
  await watching.next('took', path);
  other.process.kill('SIGKILL');
  expect(await watching.next('died', path)).toMatchObject({
    verdict: 'stale',
    holder: { pid: other.process.pid },
  });
});

it('existence locks are told: an exclusive file and a directory', async () => {
  const dir = scratch();
  const file = join(dir, 'a.lock');
  const directory = join(dir, 'b.lock');
  const watching = await Watching.start([dir]);
  closeSync(openSync(file, 'wx'));
  expect(await watching.next('took', file)).toMatchObject({ by: 'undecidable' });
  unlinkSync(file);
  await watching.next('released', file);
  mkdirSync(directory);
  expect(await watching.next('took', directory)).toMatchObject({ by: 'existence' });
  rmdirSync(directory);
  await watching.next('released', directory);
});

it('a holder whose file is removed lost it, until it closes', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const watching = await Watching.start([dir]);
  const child = python(holding('os.unlink(sys.argv[1])'), path);
  await watching.next('took', path);
  child.say('unlink');
  expect(await watching.next('broke', path)).toMatchObject({
    previous: { pid: child.process.pid },
    verdict: 'free',
  });
  expect(await watching.next('lost', path)).toMatchObject({ orphaned: true });
  await child.finish();
  await watching.next('closed', path);
  expect(watching.of(path)).toEqual([
    `took ${pid(child)}`,
    'broke',
    `lost ${pid(child)}`,
    `closed ${pid(child)}`,
  ]);
});

it('a forced break is told, with who did it', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const watching = await Watching.start([dir]);
  const child = await holder(path);
  await watching.next('took', path);
  const { id } = inspectSync(path);
  const lock = takeSync(path, { force: true, ...(id !== undefined && { id }) });
  expect(await watching.next('broke', path)).toMatchObject({
    previous: { pid: child.process.pid },
    holder: { pid: process.pid },
  });
  expect(await watching.next('lost', path)).toMatchObject({ holder: { pid: child.process.pid } });
  expect(await watching.next('took', path)).toMatchObject({ holder: { pid: process.pid } });
  lock.releaseSync();
});

it('directories that are made later are watched, and their locks told', async () => {
  const dir = scratch();
  const path = join(dir, 'app', 'service', 'updates.lock');
  const watching = await Watching.start([dir]);
  mkdirSync(join(dir, 'app', 'service'), { recursive: true });
  const child = await flockHolder(path);
  expect(await watching.flocked(path)).toMatchObject({ holder: { pid: child.process.pid } });
});

it('a file of any name is told while a kernel lock is on it', async () => {
  const dir = scratch();
  const path = join(dir, 'database');
  const watching = await Watching.start([dir]);
  const child = await flockHolder(path);
  await watching.flocked(path);
  await child.finish();
  await watching.next('released', path);
});

it('a symbolic link below the directory is not followed', async () => {
  const dir = scratch();
  const elsewhere = scratch();
  const script = 'import os, sys; os.symlink(sys.argv[1], sys.argv[2]); print(1)';
  await python(script, elsewhere, join(dir, 'link')).line();
  const watching = await Watching.start([dir]);
  await python(script, elsewhere, join(dir, 'later')).line();
  const child = await flockHolder(join(elsewhere, 'a.lock'));
  const inside = await flockHolder(join(dir, 'b.lock'));
  await watching.flocked(join(dir, 'b.lock'));
  expect(watching.said.filter(({ path }) => !path.startsWith(dir))).toEqual([]);
  expect(watching.of(join(dir, 'link', 'a.lock'))).toEqual([]);
  expect(watching.of(join(dir, 'later', 'a.lock'))).toEqual([]);
  await child.finish();
  await inside.finish();
});

it('its own looks wake it no more: once nobody has a file open, it never looks again', async () => {
  const dir = scratch();
  const watching = await Watching.start([dir], { NO_CLEAR: '1' });
  closeSync(openSync(join(dir, 'a.lock'), 'wx'));
  await watching.next('took', join(dir, 'a.lock'));
  let last = -1;
  for (;;) {
    const { looks, idle } = await watching.state();
    if (idle && looks === last) break;
    last = looks;
    exitCode('/bin/true'); // time for whatever is under way
  }
  for (let i = 0; i < 50; i++) exitCode('/bin/true');
  expect(await watching.state()).toEqual({ looks: last, idle: true });
});

it('an iteration yields events, and ends with the observation', async () => {
  const dir = scratch();
  const observation = observe([dir], { clear: false });
  const kinds: string[] = [];
  for await (const { kind, path } of observation) {
    kinds.push(kind);
    if (kind === 'watching') mkdirSync(join(path, 'm.lock'));
    if (kind === 'took') {
      expect(observation.locks()).toMatchObject([{ verdict: 'held', object: 'directory' }]);
      observation.close();
    }
  }
  expect(kinds).toEqual(['watching', 'took']);
});

it('a directory that is not there cannot be observed', () => {
  expect(() => observe([join(scratch(), 'missing', 'a.lock')])).toThrow(
    expect.objectContaining({ code: 'ERR_LOCK_PATH' }),
  );
});
