// Ends in the middle of things: a worker thread that dies while it waits or holds, an exit during a
// wait, and two copies of the addon in one process.

import { cpSync, existsSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { Child, flockHolder } from '../helpers/child.js';
import { scratch, until } from '../helpers/scratch.js';
import { acquireSync, inspectSync, tryAcquireSync } from '../../src/index.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const API = new URL('../../dist/index.js', import.meta.url).href;
const ADDON = new URL('../../dist/native.js', import.meta.url).href;

/** Descriptors of this process on what is, or was, at a path. */
function descriptorsOn(path: string): string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
    } catch {
      return false;
    }
  });
}

/** A worker thread that says `waiting` or `held`. */
async function worker(path: string, how: 'waiting' | 'held'): Promise<Worker> {
  const script = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { acquire } = await import(workerData.api);
    const onBlocked = () => parentPort.postMessage('waiting');
    globalThis.lock = await acquire(workerData.path, { onBlocked });
    parentPort.postMessage('held');
    setInterval(() => {}, 1000);`;
  const made = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), {
    workerData: { api: API, path },
  });
  const said = await new Promise((resolve, reject) => {
    made.once('message', resolve).once('error', reject);
  });
  expect(said).toBe(how);
  return made;
}

it('a worker thread that dies while it waits leaves nothing behind', async () => {
  const path = join(scratch(), 'l');
  const holder = await flockHolder(path);
  const waiting = await worker(path, 'waiting');
  await until(() => inspectSync(path).holders.some(({ role }) => role === 'waits'));
  await waiting.terminate();
  await until(() => descriptorsOn(path).length === 0);
  expect(inspectSync(path).holders.filter(({ role }) => role === 'waits')).toEqual([]);
  await holder.finish();
  const lock = tryAcquireSync(path, { empty: 'free' });
  expect(lock?.held).toBe(true);
  lock?.releaseSync();
});

it('a worker thread that dies while it holds lets go', async () => {
  const path = join(scratch(), 'l');
  const holding = await worker(path, 'held');
  expect(tryAcquireSync(path)).toBeUndefined();
  await holding.terminate();
  const lock = acquireSync(path);
  expect(lock.releaseSync()).toBe('unlinked');
});

it.each([
  ['looks', 6],
  ['takes', 15],
  ['waits', 3],
])(
  'worker threads that are terminated inside of the addon take nobody with them: %s',
  async (what, times) => {
    const program = fileURLToPath(new URL('../helpers/terminator.mjs', import.meta.url));
    const dist = new URL('../../dist/', import.meta.url).href;
    const child = new Child(process.execPath, [
      program,
      dist,
      scratch('/dev/shm'),
      what,
      String(times),
    ]);
    expect(await child.line()).toBe('left ');
    expect(await child.ended).toEqual({ code: 0, signal: null });
  },
);

it.each([
  ['a name that goes', 'unlinkSync(path); while (!existsSync(path));'],
  ['a flock that goes', 'closeSync(fd); while (readFileSync(path).length === 0);'],
])(
  'what a wait took, and was not told of before the process exits, is released: %s',
  async (...how) => {
    const [what, go] = how;
    const path = join(scratch(), 'l');
    const script = `
    import { closeSync, existsSync, openSync, readFileSync, unlinkSync } from 'node:fs';
    const [api, addon, path] = process.argv.slice(1);
    const { acquire } = await import(api);
    const { native } = await import(addon);
    const fd = openSync(path, 'wx');
    ${what === 'a name that goes' ? 'closeSync(fd);' : 'native.flock(fd, 2);'}
    const empty = ${what === 'a name that goes' ? "'held'" : "'free'"};
    const onBlocked = () => setImmediate(() => {
      ${go}
      process.exit(3);
    });
    acquire(path, { empty, onBlocked });`;
    const args = ['--input-type=module', '-e', script, API, ADDON, path];
    const child = new Child(process.execPath, args);
    expect(await child.ended).toEqual({ code: 3, signal: null });
    expect(existsSync(path)).toBe(false);
  },
);

it('an exit in the middle of a wait is an exit', async () => {
  const path = join(scratch(), 'l');
  const holder = await flockHolder(path);
  const script = `
    const { acquire } = await import(process.argv[1]);
    acquire(process.argv[2], { onBlocked: () => setImmediate(() => process.exit(3)) });`;
  const child = new Child(process.execPath, ['--input-type=module', '-e', script, API, path]);
  expect(await child.ended).toEqual({ code: 3, signal: null });
  expect(inspectSync(path).holders.filter(({ role }) => role === 'waits')).toEqual([]);
  await holder.finish();
});

it('two copies of the addon in one process respect each other, and wait for each other', async () => {
  const dir = scratch();
  const copy = join(dir, 'copy');
  mkdirSync(copy);
  cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  for (const part of ['dist', 'build/Release/lockbridge.node'])
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  const script = `
    const [one, other] = await Promise.all(process.argv.slice(1, 3).map((api) => import(api)));
    const path = process.argv[3];
    const answers = [];
    const held = one.acquireSync(path);
    answers.push(other.tryAcquireSync(path) === undefined);
    const error = await other.acquire(path, { timeout: 50 }).catch((error) => error);
    answers.push(error.code, one.acquireSync !== other.acquireSync);
    const next = other.acquire(path, { onBlocked: () => setImmediate(() => held.releaseSync()) });
    const lock = await next;
    answers.push(one.tryAcquireSync(path) === undefined);
    const third = one.acquire(path, { onBlocked: () => setImmediate(() => lock.releaseSync()) });
    answers.push((await third).releaseSync());
    console.log(JSON.stringify(answers));`;
  const apis = [API, join(copy, 'dist/index.js')];
  const args = ['--input-type=module', '-e', script, ...apis, join(dir, 'l')];
  const child = new Child(process.execPath, args);
  expect(await child.line()).toBe('[true,"ERR_LOCK_TIMEOUT",true,true,"unlinked"]');
  expect(await child.ended).toEqual({ code: 0, signal: null });
});
