// Who holds, shares, waits and merely looks on, with real processes.

import { linkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { acquireSync, inspectAllSync, inspectSync, type Holder } from '../../src/index.js';
import { native } from '../../src/native.js';
import { flockHolder, flockWaiter, python, runHelper, type Child } from '../helpers/child.js';
import { BASES, scratch, until } from '../helpers/scratch.js';

const roles = (path: string, role: Holder['role']): Holder[] =>
  inspectSync(path).holders.filter((holder) => holder.role === role);
const pids = (path: string, role: Holder['role']): number[] =>
  roles(path, role).map(({ pid }) => pid);

/** A Python program that has `f` open on the path, has run `setup`, and lives until its input ends. */
async function program(path: string, setup: string): Promise<Child> {
  const child = python(
    `import fcntl, os, struct, subprocess, sys
f = open(sys.argv[1], 'r+')
${setup}
print('ready')
sys.stdin.readline()`,
    path,
  );
  expect(await child.line()).toBe('ready');
  return child;
}

function file(base?: string): string {
  const path = join(scratch(base), 'l');
  writeFileSync(path, '');
  return path;
}

describe.each(BASES)('in %s', (base) => {
  it('every process that shares the open file description of a flock is named', async () => {
    const path = file(base);
    const child = await flockHolder(path); // flock(1) and the sh that inherited its descriptor
    const seen = roles(path, 'holds');
    expect(seen).toHaveLength(2);
    expect(seen[0]).toMatchObject({ pid: child.process.pid, source: 'flock', mode: 'exclusive' });
    expect(seen[0]).not.toHaveProperty('sharedWith');
    expect(seen[1]).toMatchObject({ sharedWith: child.process.pid, source: 'flock' });
    expect(seen[1]?.command).toContain('/bin/sh');
  });

  it('an exclusive lock names its heirs where the kernel will not compare descriptions', async () => {
    const path = file(base);
    const child = await flockHolder(path);
    const compare = vi.spyOn(native, 'sameDescription').mockReturnValue(-3);
    onTestFinished(() => {
      compare.mockRestore();
    });
    expect(roles(path, 'holds')[1]).toMatchObject({ sharedWith: child.process.pid });
    await child.finish();
    await program(path, 'fcntl.flock(f, fcntl.LOCK_SH)');
    await program(path, 'fcntl.flock(f, fcntl.LOCK_SH)');
    expect(roles(path, 'holds').map(({ sharedWith }) => sharedWith)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('two shared flocks of their own share nothing', async () => {
    const path = file(base);
    const one = await program(path, 'fcntl.flock(f, fcntl.LOCK_SH)');
    const two = await program(path, 'fcntl.flock(f, fcntl.LOCK_SH)');
    const seen = roles(path, 'holds');
    expect(seen.map(({ pid }) => pid).sort()).toEqual([one.process.pid, two.process.pid].sort());
    expect(seen.every(({ mode, sharedWith }) => mode === 'shared' && !sharedWith)).toBe(true);
  });

  it('waiters are listed in the order in which they will get the lock', async () => {
    const path = file(base);
    const holder = await flockHolder(path);
    const waiters: Child[] = [];
    for (let i = 0; i < 3; i++) {
      waiters.push(flockWaiter(path));
      await until(() => pids(path, 'waits').length === i + 1);
    }
    const order = waiters.map(({ process }) => process.pid);
    expect(pids(path, 'waits')).toEqual(order);
    await holder.finish();
    expect(await waiters[0]?.line()).toBe('held');
    expect(pids(path, 'waits')).toEqual(order.slice(1));
  });

  it('the holder of an open-file-description lock is named although /proc/locks has no pid for it', async () => {
    const path = file(base);
    const lock = "fcntl.fcntl(f, 37, struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 0, 0))";
    const child = await program(path, lock);
    expect(roles(path, 'holds')).toMatchObject([
      { pid: child.process.pid, source: 'ofd', mode: 'exclusive' },
    ]);
  });

  it('a POSIX lock is its process’s alone, and its bytes are told', async () => {
    const path = file(base);
    const fork =
      "fcntl.lockf(f, fcntl.LOCK_EX, 1, 7)\nsubprocess.Popen(['cat'], pass_fds=[f.fileno()])";
    const child = await program(path, fork);
    expect(roles(path, 'holds')).toMatchObject([
      { pid: child.process.pid, source: 'posix', range: '7-7' },
    ]);
    expect(roles(path, 'open')).toMatchObject([{ command: 'cat' }]);
  });

  it('a flock whose taker has exited is held by the process that inherited it', async () => {
    const path = file(base);
    const child = await program(
      path,
      "subprocess.run(['/usr/bin/flock', '-n', str(f.fileno())], pass_fds=[f.fileno()], check=True)",
    );
    const seen = inspectSync(path);
    expect(seen).toMatchObject({ verdict: 'held', by: 'kernel' });
    expect(seen.holders).toMatchObject([{ pid: child.process.pid, role: 'holds', alive: true }]);
  });

  it('who only has it open is listed as that, and makes nothing held by the kernel', async () => {
    const path = file(base);
    writeFileSync(path, 'x');
    const child = await program(path, '');
    const seen = inspectSync(path);
    expect(seen).toMatchObject({ verdict: 'held', by: 'existence' });
    expect(seen.holders).toMatchObject([
      { pid: child.process.pid, role: 'open', source: 'descriptor' },
    ]);
  });

  it('our own lock names this process with both of its kernel locks', () => {
    const path = join(scratch(base), 'l');
    using _lock = acquireSync(path, { reason: 'why' });
    const seen = inspectSync(path);
    expect(seen.holders.map(({ pid, source }) => [pid, source])).toEqual([
      [process.pid, 'flock'],
      [process.pid, 'ofd'],
    ]);
    expect(seen.since?.from).toBe('record');
    expect(seen.record?.reason).toBe('why');
  });
});

it('a process is described: command, user, start, and nothing that it does not have', async () => {
  const path = file();
  const before = Date.now();
  const child = await flockHolder(path);
  const [seen] = roles(path, 'holds');
  expect(seen).toMatchObject({ uid: process.getuid?.(), alive: true });
  expect(seen?.command).toMatch(/^\/usr\/bin\/flock .*echo held; read x$/);
  expect(Math.abs(Date.parse(seen?.started ?? '') - before)).toBeLessThan(60_000);
  expect(seen).not.toHaveProperty('container');
  await child.finish();
});

it('a command line with control characters is made safe to print', async () => {
  const path = file();
  const child = python(
    `import fcntl, sys
f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX)
print('held')
sys.stdin.readline()`,
    path,
    '\u001b[31mred\u0007\n',
  );
  expect(await child.line()).toBe('held');

  expect(roles(path, 'holds')[0]?.command).not.toMatch(/[\u0000-\u001f]/);
});

it('a lock on a directory, which flock(1) takes too, names its holder', async () => {
  const path = scratch();
  await flockHolder(path);
  expect(roles(path, 'holds')).toHaveLength(2);
});

const CYCLES = `
import fcntl, os, select, subprocess, sys
path, how = sys.argv[1:]
def in_process():
    fd = os.open(path, os.O_RDONLY | os.O_CREAT)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return 0
    except OSError:
        return 1
    finally:
        os.close(fd)
def program():
    return subprocess.run(['/usr/bin/flock', '-n', path, '/bin/true']).returncode
least, cycle = (10000, in_process) if how == 'in one process' else (1000, program)
print('ready')
cycles = refused = 0
while cycles < least or not select.select([sys.stdin], [], [], 0)[0]:
    refused += cycle()
    cycles += 1
print('refused', refused)`;

it.each([
  ['in one process', 'without a search'],
  ['flock(1)', 'with a search'],
])('looks in a row refuse no flock -n: %s, %s', async (how, search) => {
  const path = file();
  const peer = python(CYCLES, path, how);
  expect(await peer.line()).toBe('ready');
  expect(runHelper('looker.mjs', [path, '1000', search])).toBe('looked');
  peer.say('stop');
  expect(await peer.line()).toBe('refused 0');
});

it('two names of one inode have the same openers', async () => {
  const path = file();
  linkSync(path, `${path}2`);
  const child = await program(path, '');
  const opener = { holders: [{ pid: child.process.pid, role: 'open' }] };
  expect(inspectAllSync([path, `${path}2`])).toMatchObject([opener, opener]);
});

it('without a search a file that somebody has open is undecidable, and that is said', async () => {
  const path = file();
  const child = await program(path, '');
  const seen = inspectSync(path, { search: false, empty: 'free' });
  expect(seen).toMatchObject({ verdict: 'held', by: 'undecidable', holders: [] });
  expect(seen.unseen[0]).toMatch(/not searched/);
  await child.finish();
});

it('without a search a lock that the kernel shows is held, and its taker named', async () => {
  const path = file();
  const child = await flockHolder(path);
  expect(inspectSync(path, { search: false })).toMatchObject({
    verdict: 'held',
    by: 'kernel',
    holders: [{ pid: child.process.pid, role: 'holds' }],
  });
});

it.each([3, 1200])('a path that is named %i times in one call does not see itself', (times) => {
  const path = file();
  const all = inspectAllSync(Array.from({ length: times }, () => path));
  expect(all).toHaveLength(times);
  for (const seen of all)
    expect(seen).toMatchObject({
      path,
      evidence: expect.arrayContaining([expect.objectContaining({ kind: 'lease' })]) as unknown,
    });
});
