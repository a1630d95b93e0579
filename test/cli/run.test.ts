// `run` while it waits and while its command runs, of both command lines: signals, descriptors, whom
// it waits for and by what it is woken.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRecord, type LockRecord } from '../../src/lock/record.js';
import { Child, flockHolder, flockWaiter, python } from '../helpers/child.js';
import { PROGRAMS, RUN } from '../helpers/cli.js';
import { hasWaiter, scratch, until } from '../helpers/scratch.js';

const LOCKF = `
import fcntl, sys
f = open(sys.argv[1], 'a+')
fcntl.lockf(f, fcntl.LOCK_EX)
print('held')
sys.stdin.read()
`;
const READ = 'until read -t 1 line; do :; done'; // bash may sleep on a signal just before it reads

function place(): { dir: string; path: string } {
  const dir = scratch();
  return { dir, path: join(dir, 'updates.lock') };
}

const waiting = (child: Child): Promise<void> =>
  until(() => child.stderr.join('').includes('waiting: '));

describe.each(PROGRAMS)('$name run', ({ run, words: [file, ...front] }) => {
  const start = (...args: string[]): Child => new Child(file, [...front, 'run', ...args]);

  it('writes a record of itself, with the reason and the owner that it is told', () => {
    const { path } = place();
    const env = { ...process.env, LOCKBRIDGE_OWNER: 'press "7"' };
    const args = [...front, 'run', '--reason', 'flashing é', path, '--', 'cat', path];
    const { stdout, pid } = spawnSync(file, args, { env, encoding: 'utf8' });
    const record = parseRecord(stdout) as LockRecord;
    const about = {
      pid,
      owner: 'press "7"',
      reason: 'flashing é',
      uid: process.getuid?.(),
    };
    expect(record).toMatchObject(about);
    expect(record.cmd).toMatch(/ run .*--reason/);
    expect(stdout).toMatch(/^1\n\{[ -~]+\}\n$/); // ASCII, in two lines
  });

  it('keeps the file’s mtime two minutes ahead', () => {
    const { path } = place();
    const { out } = run('run', path, '--', 'stat', '-c', '%Y', path);
    const ahead = Number(out) - Date.now() / 1000;
    expect(ahead).toBeGreaterThan(100);
    expect(ahead).toBeLessThan(121);
  });

  it('passes SIGTERM and SIGHUP on, and the command decides', async () => {
    const { dir, path } = place();
    const script = `trap 'echo term' TERM; trap 'echo hup' HUP; trap 'echo int' INT; echo ready; ${READ}; exit 7`;
    const child = start(path, '--', 'bash', '-c', script);
    expect(await child.line()).toBe('ready');
    child.process.kill('SIGINT'); // a terminal's: it sends it to the command itself
    child.process.kill('SIGTERM');
    expect(await child.line()).toBe('term');
    child.process.kill('SIGHUP');
    expect(await child.line()).toBe('hup');
    child.say('go on');
    expect((await child.ended).code).toBe(7);
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends a wait and leaves nothing',
    async (signal) => {
      const { dir, path } = place();
      writeFileSync(join(dir, 'z.lock'), '');
      const child = start(path, join(dir, 'z.lock'), '--', 'true');
      await waiting(child);
      child.process.kill(signal);
      expect(await child.ended).toEqual({ code: null, signal });
      expect(readdirSync(dir)).toEqual(['z.lock']);
    },
  );

  it('SIGTERM ends a wait for a kernel lock too', async () => {
    const { path } = place();
    await flockHolder(path);
    const child = start(path, '--', 'true');
    await until(() => hasWaiter(path));
    child.process.kill('SIGTERM');
    expect(await child.ended).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('gives the command no blocked and no ignored signal', () => {
    const { path } = place();
    const show = ['grep', '-E', '^Sig(Blk|Ign)', '/proc/self/status'] as const;
    const plain = spawnSync('env', show, { encoding: 'utf8' }).stdout;
    expect(run('run', path, '--', ...show).out).toBe(plain);
  });

  it('never gives the command a lock file as its standard output', () => {
    const { path } = place();
    const script = '"$@" >&-';
    const words = ['run', path, '--', 'sh', '-c', 'echo hi; cat "$0" >&2', path];
    const seen = spawnSync('sh', ['-c', script, 'sh', file, ...front, ...words]);
    expect(seen.status).toBe(0);
    expect(parseRecord(String(seen.stderr))).toMatchObject({ lockbridge: 1 });
  });

  it('takes a lock whose holder was killed, and residue, where they are', () => {
    const { path } = place();
    for (const left of [
      '1\n{"lockbridge":1,"pid":4194304}\n',
      '1\n{"lockbridge":1,"residue":true}\n',
    ]) {
      writeFileSync(path, left);
      const { ino } = statSync(path);
      expect(run('run', '-n', path, '--', 'stat', '-c', '%i', path).out).toBe(`${String(ino)}\n`);
      expect(existsSync(path)).toBe(false);
    }
  });

  it('waits for an existence lock until its file is gone, and holds nothing meanwhile', async () => {
    const { dir, path } = place();
    const other = join(dir, 'z.lock');
    writeFileSync(other, '0', { mode: 0o444 });
    const child = start(path, other, '--', 'ls', dir);
    await waiting(child);
    expect(readdirSync(dir)).toEqual(['z.lock']);
    unlinkSync(other);
    expect([await child.line(), await child.line()]).toEqual(['updates.lock', 'z.lock']);
    expect((await child.ended).code).toBe(0);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('waits in the kernel for a flock, and for the lock of another lockbridge', async () => {
    const { dir, path } = place();
    const first = start(path, '--', 'sh', '-c', 'echo held; read x');
    expect(await first.line()).toBe('held');
    const second = start(path, '--', 'sh', '-c', 'echo held; read x');
    await until(() => hasWaiter(path));
    void first.finish();
    expect(await second.line()).toBe('held');
    expect(run('run', '-n', path, '--', 'true').code).toBe(1);
    await second.finish();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('of a record lock it waits for the end', async () => {
    const { path } = place();
    const holder = python(LOCKF, path);
    expect(await holder.line()).toBe('held');
    const child = start('--empty=free', path, '--', 'echo', 'ran');
    await waiting(child);
    void holder.finish();
    expect(await child.line()).toBe('ran');
    expect((await child.ended).code).toBe(0);
  });

  it('hands over to a blocked flock on a live name', async () => {
    const { path } = place();
    const child = start(path, '--', 'sh', '-c', 'echo held; read x');
    expect(await child.line()).toBe('held');
    const waiter = flockWaiter(path);
    await until(() => hasWaiter(path));
    void child.finish();
    expect(await waiter.line()).toBe('held');
    expect(run('run', '-n', path, '--', 'true').code).toBe(1);
    await waiter.finish();
    expect(run('run', '-n', path, '--', 'true').code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('writes its record anew when a peer truncates it', async () => {
    const { path } = place();
    const child = start(path, '--', 'cat');
    await until(() => existsSync(path));
    const record = readFileSync(path, 'utf8');
    truncateSync(path);
    await until(() => readFileSync(path, 'utf8') === record);
    truncateSync(path);
    await until(() => readFileSync(path, 'utf8') === record);
    await child.finish();
  });

  it('does not remove the lock that took the place of its own', async () => {
    const { path } = place();
    const child = start(path, '--', 'sh', '-c', 'echo held; read x');
    expect(await child.line()).toBe('held');
    unlinkSync(path);
    writeFileSync(path, 'another');
    await child.finish();
    expect(readFileSync(path, 'utf8')).toBe('another');
  });
});

// Node's begins to watch after it has said whom it waits for.
it('a flock that comes and goes while lockbridge-run waits leaves nothing undecidable', async () => {
  const { path } = place();
  writeFileSync(path, '0', { mode: 0o444 });
  const child = new Child(RUN, [path, '--', 'echo', 'ran']);
  await waiting(child);
  unlinkSync(path);
  spawnSync('flock', ['-n', path, 'sleep', '0.05']); // it may come too late: then it is refused
  expect(await child.line()).toBe('ran');
  expect((await child.ended).code).toBe(0);
});

describe('lockbridge-run and lockbridge', () => {
  const [node, , native] = PROGRAMS;

  // When a process started is known to a hundredth of a second only, and so is what follows. A holder
  // beats 0.2 s after it took the lock, which may be between the two looks.
  const plain = (text: string): unknown =>
    text.startsWith('[') || text.startsWith('{')
      ? (JSON.parse(text, (key, value: unknown) =>
          ['started', 'since', 'changed'].includes(key) ? undefined : value,
        ) as unknown)
      : text;

  function same(...args: string[]): void {
    const [one, other] = [node, native].map((program) => program?.run(...args));
    expect(plain(other?.out ?? '')).toEqual(plain(one?.out ?? ''));
    expect(other?.err).toBe(one?.err);
    expect(other?.code).toBe(one?.code);
  }

  it.each(PROGRAMS)('say the same of a lock of $name', async ({ words: [file, ...front] }) => {
    const { path } = place();
    const child = new Child(file, [...front, 'run', path, '--', 'sh', '-c', 'echo held; read x']);
    expect(await child.line()).toBe('held');
    for (const args of [['status'], ['status', '--json'], ['break'], ['wait', '-w', '0.05']])
      same(...args, path);
    same('run', '-n', '--json', path, '--', 'true');
    await child.finish();
  });

  it('say the same of a flock that others share and wait for', async () => {
    const { path } = place();
    await flockHolder(path);
    flockWaiter(path);
    await until(() => hasWaiter(path));
    for (const args of [['status'], ['status', '--json'], ['break', '--json']]) same(...args, path);
    same('run', '-n', '-E', '7', path, '--', 'true');
  });

  it('say the same of what is undecidable, and of a service’s lock directory', () => {
    const { dir } = place();
    const deep = join(dir, 'balena-supervisor/services/1234/press');
    spawnSync('mkdir', ['-p', deep]);
    const path = join(deep, 'updates.lock');
    same('status', '--json', path);
    writeFileSync(path, '');
    for (const args of [['status'], ['status', '--json'], ['break'], ['wait', '--json', '-w', '0']])
      same(...args, path);
    same('run', '-w', '0.05', path, '--', 'true');
    same('status', '--json', '--empty=free', path);
  });
});
