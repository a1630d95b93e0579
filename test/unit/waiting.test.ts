// What wakes a waiter: the event itself, whatever kind of lock was in the way, and nothing else. How
// often it tries is counted; no test goes by the time.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { acquire, acquireAll, LockError, type Inspection } from '../../src/index.js';
import { seesEveryProcess } from '../../src/inspect/liveness.js';
import { waitUntilFree } from '../../src/lock/until-free.js';
import { native } from '../../src/native.js';
import { Child, flockHolder, python } from '../helpers/child.js';
import { BASES, hasWaiter, scratch, until } from '../helpers/scratch.js';

const LIBRARY = new URL('../../dist/index.js', import.meta.url).href;

const RECORD_HOLDER = `
import fcntl, sys
f = open(sys.argv[1], 'r+')
fcntl.lockf(f, fcntl.LOCK_EX)
print('held')
sys.stdin.readline()
`;

async function recordHolder(path: string): Promise<Child> {
  const child = python(RECORD_HOLDER, path);
  expect(await child.line()).toBe('held');
  return child;
}

/** Another process that takes `path` with a policy of its own, says so, and waits to be killed. */
async function stranger(path: string): Promise<Child> {
  const script = `
    import { acquireSync } from '${LIBRARY}';
    globalThis.lock = acquireSync(process.argv[1], { empty: 'free' });
    console.log('held');
    process.stdin.resume();`;
  const child = new Child(process.execPath, ['--input-type=module', '-e', script, path]);
  expect(await child.line()).toBe('held');
  return child;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe.each(BASES)('in %s', (base) => {
  const file = (): string => {
    const path = join(scratch(base), 'l');
    closeSync(openSync(path, 'wx'));
    return path;
  };

  it('acquireAll behind a record lock tries when it is gone, and not before', async () => {
    const path = file();
    const child = await recordHolder(path);
    const tries = vi.spyOn(native, 'acquireAll');
    const waiting = acquireAll([path], { empty: 'free' });
    await until(() => hasWaiter(path));
    expect(tries).toHaveBeenCalledTimes(1);
    await child.finish();
    (await waiting).releaseSync();
    expect(tries).toHaveBeenCalledTimes(2);
  });

  it('behind a flock and then a record lock, a waiter waits for one after the other', async () => {
    const path = file();
    const flock = await flockHolder(path);
    const record = await recordHolder(path);
    const tries = vi.spyOn(native, 'acquire');
    const waiting = acquire(path, { empty: 'free' });
    await until(() => hasWaiter(path));
    await flock.finish();
    await until(() => hasWaiter(path)); // behind the other one now
    expect(tries).toHaveBeenCalledTimes(1);
    await record.finish();
    const lock = await waiting;
    expect(lock.mechanisms).toEqual({ existence: true, flock: true, ofd: true });
    expect(tries).toHaveBeenCalledTimes(1);
    expect(lock.releaseSync()).toBe('unlinked');
  });

  it.each([
    ['a flock', flockHolder],
    ['a record lock', recordHolder],
    ['lockbridge', stranger],
  ])('a waiter takes over from a holder that is killed: %s', async (_what, hold) => {
    const path = file();
    const child = await hold(path);
    const onBlocked = (): void => void child.process.kill('SIGKILL');
    const lock = await acquire(path, { empty: 'free', onBlocked });
    expect(readFileSync(path, 'latin1')).toBe(lock.recordText);
    expect(Date.parse(lock.record.since)).toBeGreaterThan(0);
    lock.releaseSync(); // the kernel may still be closing the dead one's descriptors: handed over then
    await until(() => !existsSync(path));
  });

  it('a file that a killed lockbridge adopted meanwhile is taken, though the waiter took it for held', async () => {
    const path = file();
    const seen: Inspection[] = [];
    const waiting = acquire(path, { empty: 'held', onBlocked: (blocker) => seen.push(blocker) });
    expect(seen).toMatchObject([{ by: 'undecidable' }]);
    const child = await stranger(path);
    child.process.kill('SIGKILL');
    (await waiting).releaseSync();
    expect(existsSync(path)).toBe(false);
  });

  it('a lock in a directory that took the place of the one that was watched wakes too', async () => {
    const path = file();
    const waiting = acquire(path);
    renameSync(dirname(path), `${dirname(path)}.old`);
    mkdirSync(dirname(path));
    closeSync(openSync(path, 'wx'));
    const tries = vi.spyOn(native, 'acquire');
    await until(() => tries.mock.calls.length > 0); // it has looked at the new one
    await new Promise(setImmediate);
    unlinkSync(path);
    (await waiting).releaseSync();
    rmSync(`${dirname(path)}.old`, { recursive: true });
  });

  it('a directory that is gone ends the wait with what is wrong', async () => {
    const path = file();
    const waiting = acquire(path);
    renameSync(dirname(path), `${dirname(path)}.old`);
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_LOCK_PATH' });
    rmSync(`${dirname(path)}.old`, { recursive: true });
  });

  it('a file that is replaced by a free one, or renamed away, wakes', async () => {
    const path = file();
    const looks = vi.spyOn(native, 'unchanged');
    const waiting = acquire(path);
    const free = join(dirname(path), 'free');
    writeFileSync(free, '\x02c'); // a dead Helios
    renameSync(free, path);
    (await waiting).releaseSync();
    expect(looks).toHaveBeenCalledTimes(1); // once as the wait began: the rest is told by events
    closeSync(openSync(path, 'wx'));
    const again = acquire(path);
    renameSync(path, free);
    const lock = await again;
    expect(readFileSync(path, 'latin1')).toBe(lock.recordText);
    lock.releaseSync();
  });

  it('eight waiters for one name get it one after the other', async () => {
    const path = file();
    let inside = 0;
    const waiting = Array.from({ length: 8 }, async () => {
      const lock = await acquire(path);
      expect(++inside).toBe(1);
      await new Promise(setImmediate);
      inside--;
      lock.releaseSync();
    });
    unlinkSync(path);
    await Promise.all(waiting);
    await until(() => !existsSync(path));
  });

  it('of a wait that ends as the name goes nothing stays behind', async () => {
    const path = file();
    for (let round = 0; round < 100; round++) {
      const controller = new AbortController();
      const waiting = acquire(path, { signal: controller.signal });
      unlinkSync(path);
      for (let turns = round % 4; turns > 0; turns--) await new Promise(setImmediate);
      controller.abort();
      const lock = await waiting.catch((error: unknown) => error);
      if (LockError.is(lock)) expect(lock.code).toBe('ERR_LOCK_ABORTED');
      else (lock as Awaited<typeof waiting>).releaseSync();
      closeSync(openSync(path, 'wx'));
    }
  });

  it('waiting only to know keeps nothing, and sees a kernel lock go', async () => {
    const path = file();
    const child = await flockHolder(path);
    const waiting = waitUntilFree([path], { empty: 'free' });
    await until(() => hasWaiter(path));
    await child.finish();
    expect(await waiting).toMatchObject([{ verdict: 'residue' }]);
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('a worker that is terminated while it waits leaves the holder’s file as it is', async () => {
    const path = file();
    const child = await flockHolder(path);
    const script = `
      import { workerData } from 'node:worker_threads';
      const { acquire } = await import('${LIBRARY}');
      await acquire(workerData);`;
    const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
    const worker = new Worker(url, { workerData: path });
    await until(() => hasWaiter(path));
    await worker.terminate();
    expect(readFileSync(path, 'utf8')).toBe('');
    await child.finish();
  });
});

it('an idle wait for a name does nothing but ask for the inode now and then', async () => {
  const path = join(scratch(), 'l');
  closeSync(openSync(path, 'wx'));
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
  const controller = new AbortController();
  const waiting = Array.from({ length: 3 }, async () =>
    acquire(path, { signal: controller.signal }).catch((error: unknown) => error),
  );
  await new Promise(setImmediate);
  const calls = (['acquire', 'look', 'glimpse', 'startWait', 'expectName'] as const).map((name) =>
    vi.spyOn(native, name),
  );
  const asked = vi.spyOn(native, 'unchanged');
  await vi.advanceTimersByTimeAsync(60_000);
  for (const call of calls) expect(call).not.toHaveBeenCalled();
  expect(asked.mock.calls.length).toBe(3 * 12);
  expect(vi.getTimerCount()).toBe(1); // for all of them
  controller.abort();
  expect(await Promise.all(waiting)).toMatchObject(Array(3).fill({ code: 'ERR_LOCK_ABORTED' }));
  expect(vi.getTimerCount()).toBe(0);
});

it('a wait that lasts keeps no filesystem from being unmounted', async ({ skip }) => {
  const dir = scratch();
  const refused = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', dir], { encoding: 'utf8' });
  if (refused.status !== 0) skip(`mount refused: ${refused.stderr}`);
  onTestFinished(() => void spawnSync('umount', ['-l', dir]));
  const path = join(dir, 'l');
  closeSync(openSync(path, 'wx'));
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const waiting = acquire(path);
  const prepared = (): number =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(`${dir}/#`);
      } catch {
        return false; // of this very look
      }
    }).length;
  expect(prepared()).toBe(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(prepared()).toBe(0);
  expect(spawnSync('umount', [dir], { encoding: 'utf8' }).stderr).toBe('');
  (await waiting).releaseSync(); // what was below has nothing at the path
});

it('a name that goes when the wait has lasted is taken all the same', async () => {
  const path = join(scratch(), 'l');
  closeSync(openSync(path, 'wx'));
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const tries = vi.spyOn(native, 'acquire');
  const waiting = acquire(path);
  await vi.advanceTimersByTimeAsync(5000);
  unlinkSync(path);
  expect((await waiting).releaseSync()).toBe('unlinked');
  expect(tries).toHaveBeenCalledTimes(1); // what was taken then was taken by a thread
});

it('a directory above that is renamed, of which no event tells, is noticed in the next round', async () => {
  const above = join(scratch(), 'above');
  const path = join(above, 'dir', 'l');
  mkdirSync(dirname(path), { recursive: true });
  closeSync(openSync(path, 'wx'));
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const waiting = acquire(path);
  renameSync(above, `${above}.old`);
  mkdirSync(dirname(path), { recursive: true });
  await vi.advanceTimersByTimeAsync(5000);
  (await waiting).releaseSync();
  expect(existsSync(join(`${above}.old`, 'dir', basename(path)))).toBe(true);
});

it.skipIf(!seesEveryProcess())(
  'the end of the process that a lock file names wakes the waiter',
  async () => {
    const path = join(scratch(), 'LCK..tty');
    const child = new Child('sleep', ['600']);
    writeFileSync(path, `${String(child.process.pid).padStart(10)}\n`);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }); // no round comes
    const seen: Inspection[] = [];
    const waiting = acquire(path, { onBlocked: (blocker) => seen.push(blocker) });
    expect(seen).toMatchObject([{ by: 'existence', holders: [{ pid: child.process.pid }] }]);
    child.process.kill('SIGKILL');
    await child.ended;
    await vi.advanceTimersByTimeAsync(0);
    (await waiting).releaseSync();
    expect(existsSync(path)).toBe(false);
  },
);

it.skipIf(!seesEveryProcess())(
  'a zombie that a lock file names is waited for until it is reaped, and not tried all the while',
  async () => {
    const path = join(scratch(), 'LCK..tty');
    const parent = python(`
import os, sys
pid = os.fork()
if pid == 0: os._exit(0)
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
print(pid)
sys.stdin.readline()
os.waitpid(pid, 0)
print('reaped')
sys.stdin.readline()
`);
    writeFileSync(path, `${(await parent.line()).padStart(10)}\n`);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const tries = vi.spyOn(native, 'acquire');
    const waiting = acquire(path);
    for (let second = 0; second < 30; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      await new Promise(setImmediate);
    }
    expect(tries.mock.calls.length).toBeLessThan(12); // once where the kernel tells of the reaping
    parent.say('');
    expect(await parent.line()).toBe('reaped');
    await vi.advanceTimersByTimeAsync(4000); // for older kernels
    (await waiting).releaseSync();
  },
);
