// Figures that the protocol promises as propositions: nothing leaks, nothing starves, nothing breaks
// a live lock that a stranger probes.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  acquire,
  inspectSync,
  LockError,
  tryAcquireSync,
  watchDirectory,
} from '../../src/index.js';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lockbridge-figures-'));
  path = join(dir, 'updates.lock');
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const count = (what: string): number => readdirSync(`/proc/self/${what}`).length;

it('10,000 refusals and 10,000 errors leak no descriptor', () => {
  writeFileSync(path, '');
  const before = count('fd');
  for (let i = 0; i < 10_000; i++) {
    expect(tryAcquireSync(path)).toBeUndefined();
    expect(() => tryAcquireSync(join(dir, 'no/such'))).toThrow(LockError);
  }
  expect(count('fd')).toBe(before);
});

it('64 waiters do not stop file I/O, and leave no thread when they are aborted', async () => {
  const holder = spawn('flock', [path, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  holder.stdin.write('held\n');
  await once(holder.stdout, 'data');
  await readFile('/proc/self/status'); // the pool's own threads exist from here on
  const controller = new AbortController();
  const first = acquire(path, { signal: controller.signal }).catch((error: unknown) => error);
  const waits = [first];
  for (let i = 1; i < 64; i++)
    waits.push(acquire(path, { signal: controller.signal }).catch((error: unknown) => error));
  while (count('task') < 64) await readFile('/proc/self/status');
  for (let i = 0; i < 100; i++) expect(await readFile('/proc/self/stat')).not.toHaveLength(0);
  const during = count('task');
  controller.abort();
  for (const error of await Promise.all(waits))
    expect(error).toMatchObject({ code: 'ERR_LOCK_ABORTED' });
  expect(count('task')).toBeLessThanOrEqual(during - 64);
  holder.stdin.end();
  await once(holder, 'exit');
});

it('a live empty lock that flock -n probes is never residue, watched from before or not', () => {
  const watch = watchDirectory(dir);
  closeSync(openSync(path, 'wx')); // what npm lockfile does
  for (let i = 0; i < 100; i++) {
    expect(spawnSync('flock', ['-n', path, 'true']).status).toBe(0);
    expect(inspectSync(path)).toMatchObject({ verdict: 'held' });
    expect(tryAcquireSync(path)).toBeUndefined();
  }
  watch.close();
  expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
});

it('what a watched flock(1) left is residue and is taken; unwatched it is undecidable', async () => {
  const watch = watchDirectory(dir);
  const holder = spawn('flock', [path, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  holder.stdin.write('held\n');
  await once(holder.stdout, 'data');
  expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'kernel' });
  holder.stdin.end();
  await once(holder, 'exit');
  expect(inspectSync(path)).toMatchObject({ verdict: 'residue', protocol: 'flock' });
  watch.close();
  expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
  const again = watchDirectory(dir); // too late for this file
  expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
  again.close();
  unlinkSync(path);
});

it('looking in a tight loop never makes a flock -n fail', async () => {
  const script = 'i=0; while [ $i -lt 300 ]; do flock -n "$1" true || exit 1; i=$((i+1)); done';
  const peer = spawn('sh', ['-c', script, 'sh', path], { stdio: 'inherit' });
  const ended = once(peer, 'exit');
  let code: number | undefined;
  void ended.then(([status]) => (code = status as number));
  while (code === undefined) {
    for (let i = 0; i < 20; i++) inspectSync(path);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(code).toBe(0);
});
