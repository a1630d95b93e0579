// However its holder ends, a lock is gone or provably stale.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { acquire, inspectSync, tryAcquireSync } from '../../src/index.js';
import { exitCode, holder } from '../helpers/child.js';
import { BASES, scratch } from '../helpers/scratch.js';

const PACKAGE = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

// A worker that takes the lock and says so; `then` runs right after, in the same turn.
function worker(path: string, then: string): Worker {
  const script = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(PACKAGE)}).then(({ acquireSync }) => {
      globalThis.lock = acquireSync(${JSON.stringify(path)});
      ${then}
    });
    setInterval(() => {}, 1000);
  `;
  return new Worker(script, { eval: true });
}

async function message(from: Worker): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    from.once('message', () => {
      resolve();
    });
    from.once('error', reject);
  });
}

describe.each(BASES)('in %s', (base) => {
  it('a lock whose holder was killed with SIGKILL is stale and adopted at once', async () => {
    const path = join(scratch(base), 'l');
    const child = await holder(path);
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'kernel' });
    expect(inspectSync(path).record?.pid).toBe(child.process.pid);
    child.process.kill('SIGKILL');
    await child.ended;
    const stale = inspectSync(path);
    expect(stale.verdict).toBe('stale');
    const lock = tryAcquireSync(path);
    expect(lock?.record.pid).toBe(process.pid);
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', id: stale.id });
    expect(lock?.releaseSync()).toBe('unlinked');
  });

  it('a waiter gets the lock of a holder that is killed', async () => {
    const path = join(scratch(base), 'l');
    const child = await holder(path);
    const waiting = acquire(path, { onBlocked: () => child.process.kill('SIGKILL') });
    const lock = await waiting;
    expect(lock.record.pid).toBe(process.pid);
    lock.releaseSync();
    expect(existsSync(path)).toBe(false);
  });

  it('a killed holder goes on refusing exclusive creates and procmail until it is adopted', async () => {
    const path = join(scratch(base), 'l');
    const child = await holder(path);
    child.process.kill('SIGKILL');
    await child.ended;
    expect(exitCode('lockfile', '-r', '0', path)).toBe(73);
    tryAcquireSync(path)?.releaseSync();
    expect(exitCode('lockfile', '-r', '0', path)).toBe(0);
  });
});

it.each([
  ['a normal exit', 'quit', 0, null],
  ['process.exit()', 'exit', 3, null],
  ['an uncaught exception', 'throw', 1, null],
])('%s of the holder leaves no file', async (_name, order, code, signal) => {
  const path = join(scratch(), 'l');
  const child = await holder(path);
  child.say(order);
  expect(await child.ended).toEqual({ code, signal });
  expect(existsSync(path)).toBe(false);
});

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s leaves no file', async (signal) => {
  const path = join(scratch(), 'l');
  const child = await holder(path);
  child.process.kill(signal);
  expect(await child.ended).toEqual({ code: null, signal });
  expect(existsSync(path)).toBe(false);
});

it('a worker thread that is terminated while holding releases', async () => {
  const path = join(scratch(), 'l');
  const thread = worker(path, 'setTimeout(() => parentPort.postMessage(1), 0);');
  await message(thread);
  expect(inspectSync(path).verdict).toBe('held');
  await thread.terminate();
  expect(existsSync(path)).toBe(false);
});

it('a worker thread that is terminated in the very turn in which it took the lock releases', async () => {
  const path = join(scratch(), 'l');
  const thread = worker(path, 'parentPort.postMessage(1); for (;;);');
  await message(thread);
  expect(inspectSync(path).verdict).toBe('held');
  await thread.terminate();
  expect(existsSync(path)).toBe(false);
});

it('a worker thread that calls process.exit() while holding releases', async () => {
  const path = join(scratch(), 'l');
  const thread = worker(path, 'process.exit(0);');
  await new Promise((resolve) => thread.once('exit', resolve));
  expect(existsSync(path)).toBe(false);
});

it('a file that a dead holder of another user left is adopted by root', async () => {
  const path = join(scratch('/dev/shm'), 'l');
  const child = await holder(path);
  child.process.kill('SIGKILL');
  await child.ended;
  const lock = tryAcquireSync(path, { owner: { uid: 65534, gid: 65534 } });
  expect(readFileSync(path, 'latin1').split('\n')[0]).toBe('1');
  lock?.releaseSync();
  expect(readdirSync(join(path, '..'))).toEqual([]);
});
