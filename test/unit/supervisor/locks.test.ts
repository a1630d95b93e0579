// The update locks of an app: all services or none, one operation at a time, waiting on events.

import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acquireSync, inspectSync, LockHistory } from '../../../src/index.js';
import { ORIGIN } from '../../../src/native.js';
import { lockDir, UpdateLocks, type Blocker } from '../../../src/supervisor/index.js';
import { originOf } from '../../../src/watch.js';
import { Child, exitCode, flockHolder, holder, python } from '../../helpers/child.js';
import { hasWaiter, scratch, until } from '../../helpers/scratch.js';
import { itWith } from '../../helpers/peers.js';
import { refusal, world } from '../../helpers/update-locks.js';

const root = process.getuid?.() === 0 ? undefined : 'not root';

it('all files are held, seen by every protocol, and let go together', async () => {
  const { locks, path, events } = world();
  const held = await locks.lock({ reason: 'release 7' });
  for (const file of locks.paths) {
    expect(exitCode('flock', '-n', file, 'true')).toBe(1);
    expect(() => openSync(file, 'wx')).toThrow(/EEXIST/);
    expect(lstatSync(file).mode & 0o777).toBe(0o644);
  }
  expect(inspectSync(path('one')).record).toMatchObject({
    role: 'supervisor',
    reason: 'release 7',
  });
  await held.release();
  await held.release();
  for (const service of ['one', 'two']) expect(readdirSync(join(path(service), '..'))).toEqual([]);
  expect(events.map(({ kind, app }) => [kind, app])).toEqual([
    ['taken', '123'],
    ['released', '123'],
  ]);
});

itWith(root, 'root makes them as uid 65534, or as it is told', async () => {
  const { locks, path, again } = world();
  await locks.withLock(() => {
    expect(lstatSync(path('one'))).toMatchObject({ uid: 65534, gid: 65534 });
  });
  await again({ lockfileUid: 4711 }).withLock(() => {
    expect(lstatSync(path('one'))).toMatchObject({ uid: 4711, gid: 4711 });
  });
});

it('an app without services has its turn and no locks', async () => {
  const { again } = world();
  const held = await again({}, []).lock();
  await held.release();
});

it('one that is held takes none; every blocker is named in one line', async () => {
  const { locks, path } = world();
  closeSync(openSync(path('one'), 'wx'));
  const child = await flockHolder(path('two', 'resin-updates.lock'));
  const error = await refusal(locks.lock());
  expect(error.code).toBe('ERR_UPDATES_LOCKED');
  expect(error.message).toMatch(/^Lockfile exists for { appId: 123, service: one }: /);
  expect(error.message).toContain('{ appId: 123, service: two }: ');
  expect(error.message).toContain(`pid ${String(child.process.pid)} (/usr/bin/flock`);
  expect(error.message).toMatch(/since \d{4}-/);
  expect(error.message).not.toContain('\n');
  expect(error.blockers.map((one) => [one.path, one.verdict, one.by])).toEqual([
    [path('one'), 'held', 'undecidable'],
    [path('two', 'resin-updates.lock'), 'held', 'kernel'],
  ]);
  expect(existsSync(path('one', 'resin-updates.lock'))).toBe(false);
  expect(existsSync(path('two'))).toBe(false);
  await child.finish();
});

it('what a finished flock leaves is no lock where the directories are watched', async () => {
  const { locks, path } = world();
  const watching = locks.watch();
  const settled: readonly unknown[] = [ORIGIN.locked, ORIGIN.unknown];
  // Its making may be missed on a busy machine (see watch.test.ts): then another one is made.
  for (;;) {
    const child = await flockHolder(path('one'));
    await until(() => settled.includes(originOf(path('one'))?.origin));
    const seen = originOf(path('one'))?.origin === ORIGIN.locked;
    await child.finish();
    if (seen) break;
    unlinkSync(path('one'));
  }
  await until(() => originOf(path('one'))?.origin === ORIGIN.kernel);
  await locks.withLock(() => undefined);
  expect(existsSync(path('one'))).toBe(false);
  watching[Symbol.dispose]();
  watching[Symbol.dispose]();
});

it('withLock gives the result, and lets go when the function throws', async () => {
  const { locks, path } = world();
  expect(await locks.withLock(() => 42)).toBe(42);
  await expect(
    locks.withLock({ reason: 'x' }, () => Promise.reject(new Error('no'))),
  ).rejects.toThrow('no');
  expect(existsSync(path('one'))).toBe(false);
});

it('a wait ends with the last release, whatever the protocol of each', async () => {
  const { locks, path } = world();
  const flocked = await flockHolder(path('one'));
  const lockbridge = await holder(path('two'));
  closeSync(openSync(path('two', 'resin-updates.lock'), 'wx'));
  const seen: string[][] = [];
  const waiting = locks.lock({
    timeout: Infinity,
    onBlocked: (blockers) => seen.push(blockers.map((one) => one.path)),
  });
  await until(() => hasWaiter(path('one')));
  expect(seen).toEqual([[path('one'), path('two', 'resin-updates.lock'), path('two')]]);
  expect(existsSync(path('one', 'resin-updates.lock'))).toBe(false);
  unlinkSync(path('two', 'resin-updates.lock'));
  await until(() => seen.length > 1);
  lockbridge.say('release');
  await lockbridge.line();
  await flocked.finish();
  unlinkSync(path('one')); // flock(1) leaves it, and nobody watched
  const held = await waiting;
  await held.release();
});

it('a record locker is waited for on its own lock, not asked again and again', async () => {
  const { locks, path } = world();
  const child = python(
    `
import fcntl, sys
f = open(sys.argv[1], 'w')
fcntl.lockf(f, fcntl.LOCK_EX)
print('held')
sys.stdin.readline()
import os
os.unlink(sys.argv[1])
`,
    path('one'),
  );
  expect(await child.line()).toBe('held');
  const waiting = locks.lock({ timeout: Infinity });
  await until(() => hasWaiter(path('one')));
  await child.finish();
  await (await waiting).release();
});

it('a wait that took too long says who is still in the way', async () => {
  const { locks, path } = world();
  const child = await flockHolder(path('one'));
  const error = await refusal(locks.lock({ timeout: 20 }));
  expect(error).toMatchObject({ code: 'ERR_UPDATES_LOCKED' });
  expect(error.message).toContain(`pid ${String(child.process.pid)}`);
  await child.finish();
});

it('whoever goes as the time runs out is in the way no more', async () => {
  const { locks, path } = world();
  closeSync(openSync(path('one'), 'wx'));
  let calls = 0;
  const onBlocked = (): void => {
    if (calls++ === 0) unlinkSync(path('one'));
  };
  const held = await locks.lock({ timeout: 1, onBlocked });
  await held.release();
});

it('who merely has the file open changes nothing for one who waits', async () => {
  const { locks, path } = world();
  const child = await flockHolder(path('one'));
  const seen: Blocker[] = [];
  const fds: number[] = [];
  const waiting = locks.lock({
    timeout: Infinity,
    onBlocked: (blockers) => {
      seen.push(...blockers);
      fds.push(openSync(path('one'), 'r'));
      expect(inspectSync(path('one')).holders).toContainEqual(
        expect.objectContaining({ role: 'open', pid: process.pid }),
      );
    },
  });
  await until(() => hasWaiter(path('one')));
  fds.forEach(closeSync);
  await child.finish();
  unlinkSync(path('one'));
  await (await waiting).release();
  const held = seen.filter(({ by }) => by === 'kernel');
  expect(held.map(({ holders }) => holders[0]?.pid)).toEqual([child.process.pid]);
});

it('one try tells nobody that it waits', async () => {
  const { locks, path } = world();
  writeFileSync(path('one'), '');
  const onBlocked = (): void => expect.unreachable();
  expect((await refusal(locks.lock({ onBlocked }))).code).toBe('ERR_UPDATES_LOCKED');
});

it('an abort ends the wait for the services, and gives the turn back', async () => {
  const { locks, path } = world();
  closeSync(openSync(path('one'), 'wx'));
  const controller = new AbortController();
  const onBlocked = (): void => {
    controller.abort('enough');
  };
  const error = await refusal(
    locks.lock({ timeout: Infinity, signal: controller.signal, onBlocked }),
  );
  expect(error).toMatchObject({ code: 'ERR_LOCK_ABORTED', cause: 'enough' });
  unlinkSync(path('one'));
  await locks.withLock(() => undefined);
});

it('a signal that has fired already takes none', async () => {
  const { locks, path } = world();
  expect((await refusal(locks.lock({ signal: AbortSignal.abort() }))).code).toBe(
    'ERR_LOCK_ABORTED',
  );
  expect(existsSync(path('one'))).toBe(false);
});

it('only one operation has an app at a time; the next waits, then is refused', async () => {
  const { locks, again } = world();
  const held = await locks.lock();
  const other = again({}, ['three']); // not even the same files
  const error = await refusal(other.lock({ maxWait: 10 }));
  expect(error).toMatchObject({
    code: 'ERR_UPDATES_LOCKED',
    message: 'Locks for app 123 are being held by another supervisor operation',
  });
  const controller = new AbortController();
  const called = other.lock({ signal: controller.signal });
  controller.abort();
  expect((await refusal(called)).code).toBe('ERR_LOCK_ABORTED');
  const order: number[] = [];
  const next = other.lock({ maxWait: Infinity }).then(async (one) => {
    order.push(2);
    await one.release();
  });
  order.push(1);
  await held.release();
  await next;
  expect(order).toEqual([1, 2]);
});

it('another app, and another root, are another turn', async () => {
  const { locks, root: dir } = world();
  await locks.withLock(async () => {
    await UpdateLocks.for(124, ['one'], { root: dir }).withLock({ maxWait: 0 }, () => undefined);
    await UpdateLocks.for(123, ['one'], { root: scratch() }).withLock(
      { maxWait: 0 },
      () => undefined,
    );
  });
});

it('several apps are one set, taken in the same order by everybody', async () => {
  const { root: dir } = world();
  const apps = (...ids: number[]): UpdateLocks =>
    UpdateLocks.forApps(
      ids.map((app) => ({ app, services: ['s'] })),
      { root: dir },
    );
  const count = { now: 0, most: 0 };
  const inside = async (): Promise<void> => {
    count.most = Math.max(count.most, ++count.now);
    await new Promise(setImmediate);
    count.now--;
  };
  await Promise.all(
    [apps(1, 2), apps(2, 1), apps(2), apps(1, 2, 3), apps(3, 1)].flatMap((one) =>
      [1, 2, 3].map(() => one.withLock({ maxWait: Infinity }, inside)),
    ),
  );
  expect(count.now).toBe(0);
  closeSync(openSync(`${lockDir(dir, 2, 's')}/updates.lock`, 'wx'));
  const error = await refusal(apps(1, 2).lock());
  expect(error.message).toMatch(/^Lockfile exists for { appId: 2, service: s }/);
  expect(readdirSync(lockDir(dir, 1, 's'))).toEqual([]);
});

it('an operation that waits for the services lets another have its turn', async () => {
  const { locks, path, again } = world();
  closeSync(openSync(path('one'), 'wx'));
  const blocked: (readonly Blocker[])[] = [];
  const waiting = locks.lock({ timeout: Infinity, onBlocked: (seen) => blocked.push(seen) });
  await until(() => blocked.length === 1);
  await again({}, ['two']).withLock({ maxWait: 0 }, () => undefined);
  unlinkSync(path('one'));
  await (await waiting).release();
});

it('a lock of a service that has exited is reported as such, and in the way', async () => {
  const { again, path } = world();
  const exited = { at: '2026-11-24T10:00:00Z', code: 137 };
  const locks = again({ exited: (_app, service) => (service === 'one' ? exited : undefined) });
  writeFileSync(path('one'), '0');
  const error = await refusal(locks.lock());
  expect((error.blockers as Blocker[])[0]?.exited).toEqual(exited);
  expect(error.message).toContain(
    'no process of this service lives; it exited at 2026-11-24T10:00:00Z with code 137',
  );
});

it('by policy the existence lock of a service that has exited is stale, a kernel lock never', async () => {
  const { again, path, events } = world();
  const locks = again({ exitedServices: 'stale', exited: () => ({}) });
  writeFileSync(path('one'), '0');
  const child = await flockHolder(path('two'));
  expect((await refusal(locks.lock())).blockers.map((one) => one.path)).toContain(path('two'));
  expect(inspectSync(path('one')).protocol).not.toBe('lockbridge'); // nothing was replaced
  await child.finish();
  await locks.withLock(() => undefined);
  expect(events.filter(({ kind }) => kind === 'overridden').map(({ text }) => text)).toEqual(
    Array(2).fill(expect.stringContaining('its service has exited')),
  );
});

it('a lock file on record from an earlier boot is stale, one of this boot is in the way', async () => {
  const { again, path, root: dir } = world();
  const state = `${dir}/history.json`;
  const at = (boot: string): UpdateLocks => again({ history: new LockHistory(state, boot) });
  writeFileSync(path('one'), '');
  expect((await refusal(at('boot-1').lock())).code).toBe('ERR_UPDATES_LOCKED'); // and puts it on record
  expect((await refusal(at('boot-1').lock())).code).toBe('ERR_UPDATES_LOCKED');
  writeFileSync(path('two'), '');
  expect((await refusal(at('boot-2').lock())).blockers.map((one) => one.path)).toEqual([
    path('two'),
  ]);
  unlinkSync(path('two'));
  await at('boot-2').withLock(() => undefined);
  expect(existsSync(path('one'))).toBe(false);
});

it('a request that cannot be used is refused', async () => {
  const { locks } = world();
  for (const bad of [
    { force: 'yes' },
    { maxWait: -1 },
    { timeout: 'x' },
    { reason: 1 },
    { onBlocked: 1 },
  ])
    expect((await refusal(locks.lock(bad as never))).code).toBe('ERR_INVALID_ARGUMENT');
});

it('our own lockbridge lock in a service’s place is in the way as any other', async () => {
  const { locks, path } = world();
  const own = acquireSync(path('one'));
  expect((await refusal(locks.lock())).message).toContain('service: one');
  own.releaseSync();
});

it('of several supervisors and apps that want the same locks, one at a time has them', async () => {
  const { root: dir, path } = world();
  const marker = join(dir, 'inside');
  const dist = (file: string): string => new URL(`../../../dist/${file}`, import.meta.url).pathname;
  const supervisor = `
    import { mkdirSync, rmdirSync } from 'node:fs';
    import { UpdateLocks } from '${dist('supervisor/index.js')}';
    const locks = UpdateLocks.for(123, ['one', 'two'], { root: '${dir}' });
    for (let i = 0; i < 40; i++)
      await locks.withLock({ timeout: Infinity }, async () => {
        mkdirSync('${marker}');
        await new Promise(setImmediate);
        rmdirSync('${marker}');
      });
    console.log('done');`;
  const app = `
    import { mkdirSync, rmdirSync } from 'node:fs';
    import { withLock } from '${dist('index.js')}';
    for (let i = 0; i < 100; i++)
      await withLock('${path('two')}', {}, async () => {
        mkdirSync('${marker}');
        await new Promise(setImmediate);
        rmdirSync('${marker}');
      });
    console.log('done');`;
  const children = [supervisor, supervisor, app].map(
    (program) => new Child(process.execPath, ['--input-type=module', '-e', program]),
  );
  for (const child of children) expect(await child.line()).toBe('done');
  for (const child of children) await child.ended;
  for (const service of ['one', 'two']) expect(readdirSync(join(path(service), '..'))).toEqual([]);
});
