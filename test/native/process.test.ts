// The end of a process that is nobody's child here, and what may be mounted where.

import { spawn } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startTime } from '../../src/lock/record.js';
import { native } from '../../src/native.js';
import { Child } from '../helpers/child.js';
import { scratch } from '../helpers/scratch.js';

const ESRCH = -3;
const ELOOP = -40;
const ENOENT = -2;

function startOf(pid: number): number {
  return startTime(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
}

/** A process whose parent is not this one; it ends with its input. */
async function stranger(): Promise<{ pid: number; child: Child }> {
  const child = new Child('sh', ['-c', 'exec 3<&0; cat <&3 & echo $!; wait']);
  return { pid: Number(await child.line()), child };
}

it('the end of a stranger is told once', async () => {
  const { pid, child } = await stranger();
  let told = 0;
  const end = new Promise<void>((resolve) => {
    const id = native.watchProcess(pid, startOf(pid), () => {
      told++;
      resolve();
    });
    expect(id).toBeGreaterThan(0);
  });
  expect(told).toBe(0);
  await child.finish();
  await end;
  expect(told).toBe(1);
});

it('a process with another start time is another one', async () => {
  const { pid } = await stranger();
  const unheard = (): void => expect.unreachable();
  expect(native.watchProcess(pid, startOf(pid) - 1, unheard)).toBe(ESRCH);
});

it('a process that has ended is gone, its number being free', async () => {
  const { pid, child } = await stranger();
  const start = startOf(pid);
  await child.finish();
  expect(native.watchProcess(pid, start, () => expect.unreachable())).toBe(ESRCH);
});

it('an end that nobody wants to hear of any more is not told', async () => {
  const { pid, child } = await stranger();
  const id = native.watchProcess(pid, startOf(pid), () => expect.unreachable());
  native.unwatchProcess(id);
  native.unwatchProcess(id);
  const end = new Promise<void>((resolve) => native.watchProcess(pid, startOf(pid), resolve));
  await child.finish();
  await end;
});

it('many processes are watched by one thread', async () => {
  const threads = (): string | undefined =>
    /^Threads:\t(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  const children = Array.from({ length: 20 }, () =>
    spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] }),
  );
  onTestFinished(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  const pids = children.map(({ pid = 0 }) => pid);
  const watch = (pid: number): Promise<void> =>
    new Promise((resolve) => native.watchProcess(pid, startOf(pid), resolve));
  const first = watch(pids[0] ?? 0);
  const before = threads();
  const rest = pids.slice(1).map(watch);
  expect(threads()).toBe(before);
  for (const child of children) child.stdin.end();
  await Promise.all([first, ...rest]);
});

it('a symbolic link names no place', () => {
  const dir = scratch();
  symlinkSync(dir, join(dir, 'link'));
  writeFileSync(join(dir, 'file'), '');
  expect(native.openPlace(join(dir, 'link'))).toBe(ELOOP);
  expect(native.openPlace(join(dir, 'none'))).toBe(ENOENT);
  const place = native.openPlace(join(dir, 'file'));
  expect(place).toBeGreaterThan(0);
  native.close(place);
});

it('what cannot be executed is an errno, and this process goes on with its signals as they were', () => {
  const script = `
    import { readFileSync } from 'node:fs';
    const { native } = await import(process.argv[1]);
    const signals = () => /^Sig(?:Blk|Ign|Cgt)[^]*/m.exec(readFileSync('/proc/self/status', 'latin1'))[0].slice(0, 90);
    const before = signals();
    const failed = [native.execute('/no/such', ['x'], []), native.execute('/etc/passwd', ['x'])];
    console.log(...failed, signals() === before);
    native.execute('/bin/sh', ['sh', '-c', 'echo "$0 $1 $A"', 'zero', 'one'], ['A=b c']);
  `;
  const dist = new URL('../../dist/native.js', import.meta.url).href;
  const child = new Child(process.execPath, ['--input-type=module', '-e', script, dist]);
  return Promise.all([
    expect(child.line()).resolves.toBe('-2 -13 true'),
    expect(child.line()).resolves.toBe('zero one b c'),
  ]);
});
