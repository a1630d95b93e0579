// `lockbridge-run lock` and `unlock`: a lock that a script takes and lets go by two commands, and that
// ends with the script however that ends.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRecord, type LockRecord } from '../../src/lock/record.js';
import { Child, exitCode, flockHolder } from '../helpers/child.js';
import { NATIVE, PROGRAMS, RUN } from '../helpers/cli.js';
import { hasWaiter, scratch, until } from '../helpers/scratch.js';

function place(): { dir: string; path: string } {
  const dir = scratch();
  return { dir, path: join(dir, 'updates.lock') };
}

/** A shell that takes the lock, says so, and goes on when it is told to. */
function script(path: string, then: string, ...options: string[]): Child {
  const text = `"$0" lock "$@" --watch-pid $$ && echo held; read x; ${then}`;
  return new Child('/bin/sh', ['-c', text, RUN, path, ...options]);
}

const record = (path: string): LockRecord => parseRecord(readFileSync(path, 'utf8')) as LockRecord;
const lives = (pid: number): boolean => existsSync(`/proc/${String(pid)}`);

describe('lock', () => {
  it('holds from its return until unlock, against every family of locker', async () => {
    const { dir, path } = place();
    const shell = script(path, `"$0" unlock ${path}; echo $?`, '--reason', 'flashing');
    expect(await shell.line()).toBe('held');
    expect(exitCode('flock', '-n', path, 'true')).toBe(1);
    expect(() => {
      writeFileSync(path, '', { flag: 'wx' });
    }).toThrow(/EEXIST/);
    expect(NATIVE.run('status', path).out).toMatch(/held, kernel \[lockbridge\]: .*: flashing\n/);
    const { pid } = record(path);
    shell.say('');
    expect(await shell.line()).toBe('0');
    expect(readdirSync(dir)).toEqual([]);
    await until(() => !lives(pid));
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('lets go when the script dies of %s', async (signal) => {
    const { dir, path } = place();
    const shell = script(path, 'true');
    expect(await shell.line()).toBe('held');
    shell.process.kill(signal);
    await until(() => readdirSync(dir).length === 0);
  });

  it('lets go when the script ends without unlock', async () => {
    const { dir, path } = place();
    const shell = script(path, 'exit 3');
    expect(await shell.line()).toBe('held');
    expect((await shell.finish()).code).toBe(3);
    await until(() => readdirSync(dir).length === 0);
  });

  it('outlives its terminal, and keeps nothing of the script open', async () => {
    const { path } = place();
    // Its output is a pipe that the shell reads to the end.
    const text = 'said=$("$0" lock "$1" --watch-pid $$ 2>&1); echo "held$said"; read x';
    const shell = new Child('/bin/sh', ['-c', text, RUN, path]);
    expect(await shell.line()).toBe('held');
    const { pid } = record(path);
    const at = `/proc/${String(pid)}`;
    const open = readdirSync(`${at}/fd`).map((fd) => readlinkSync(`${at}/fd/${fd}`));
    const known = /^(\/dev\/null|anon_inode:|.*#\d+ \(deleted\)|.*updates\.lock)/;
    expect(open.filter((link) => !known.test(link))).toEqual([]);
    expect(readlinkSync(`${at}/cwd`)).toBe('/');
    process.kill(pid, 'SIGWINCH'); // what unlock sends
    await until(() => !existsSync(path));
  });

  it('is small: less than 2 MB in memory, 300 KB of it its own', async () => {
    const { path } = place();
    expect(await script(path, 'true').line()).toBe('held');
    const status = readFileSync(`/proc/${String(record(path).pid)}/status`, 'utf8');
    const kilobytes = (name: string): number =>
      Number(new RegExp(String.raw`^${name}:\s+(\d+) kB`, 'm').exec(status)?.[1]);
    expect(kilobytes('VmRSS')).toBeLessThan(2048);
    expect(kilobytes('RssAnon')).toBeLessThan(300);
  });

  it('refuses and gives up with the exit codes of run', async () => {
    const { path } = place();
    await flockHolder(path);
    const watch = ['--watch-pid', String(process.pid)];
    const seen = NATIVE.run('lock', '-n', path, ...watch);
    expect(seen).toMatchObject({ code: 1, out: '' });
    expect(seen.err).toMatch(/^lockbridge: locked: .* is held, kernel \[flock\]/);
    expect(NATIVE.run('lock', '-n', '-E', '7', path, ...watch).code).toBe(7);
    expect(NATIVE.run('lock', '-w', '0.1', path, ...watch).code).toBe(1);
    expect(NATIVE.run('lock', `${path}/no`, ...watch).code).toBe(66);
  });

  it('holds after it has waited, as if it had not', async () => {
    const { dir, path } = place();
    const holder = await flockHolder(path);
    const shell = script(path, 'true', '--empty=free');
    await until(() => hasWaiter(path));
    await holder.finish();
    expect(await shell.line()).toBe('held');
    expect(exitCode('flock', '-n', path, 'true')).toBe(1);
    expect(NATIVE.run('unlock', path)).toEqual({ code: 0, out: '', err: '' });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('waits no longer than the process lives that it is for', async () => {
    const { path } = place();
    const holder = await flockHolder(path);
    const shell = script(path, 'true');
    await until(() => shell.stderr.join('').includes('waiting: '));
    shell.process.kill('SIGKILL');
    await shell.ended; // its standard error too: nobody waits any more
    await holder.finish();
    expect(exitCode('flock', '-n', path, 'true')).toBe(0);
  });

  it('wants a process that lives', () => {
    const { path } = place();
    expect(NATIVE.run('lock', path)).toMatchObject({ code: 64 });
    expect(NATIVE.run('lock', path, '--watch-pid', '4194304').err).toMatch(/no process 4194304/);
    expect(NATIVE.run('lock', path, '--watch-pid', '0').err).toMatch(/must be the number/);
    expect(existsSync(path)).toBe(false);
  });
});

describe('unlock', () => {
  it('is content with a path that is free', () => {
    const { path } = place();
    expect(NATIVE.run('unlock', path)).toEqual({
      code: 0,
      out: `'${path}' is free already\n`,
      err: '',
    });
  });

  it.each(PROGRAMS)('refuses the lock of a $name run', async ({ words: [file, ...front] }) => {
    const { path } = place();
    const child = new Child(file, [...front, 'run', path, '--', 'sh', '-c', 'echo held; cat']);
    expect(await child.line()).toBe('held');
    const seen = NATIVE.run('unlock', path);
    expect(seen.code).toBe(1);
    expect(seen.err).toMatch(
      /^lockbridge: not unlocked: it was not taken with `lockbridge-run lock`/,
    );
    expect((await child.finish()).code).toBe(0);
  });

  it('refuses a flock, a stranger’s file, and a record that names a process which does not hold it', async () => {
    const { dir, path } = place();
    const other = join(dir, 'other.lock');
    expect(await script(other, 'true').line()).toBe('held');
    await flockHolder(path);
    expect(NATIVE.run('unlock', path).code).toBe(1);
    // The record of a true holder, copied into a file that somebody else has locked.
    writeFileSync(path, readFileSync(other));
    expect(NATIVE.run('unlock', path).err).toMatch(/the process of its record does not hold it/);
    expect(lives(record(other).pid)).toBe(true);
    const file = join(dir, 'file.lock');
    writeFileSync(file, '');
    expect(NATIVE.run('unlock', file).code).toBe(1);
    expect(statSync(file).size).toBe(0);
  });

  it('gives up on a holder that is stopped, and the lock stays', async () => {
    const { path } = place();
    expect(await script(path, 'true').line()).toBe('held');
    const { pid } = record(path);
    process.kill(pid, 'SIGSTOP');
    const seen = NATIVE.run('unlock', '-w', '0.1', path);
    expect(seen.err).toMatch(/has not let go yet/);
    expect(seen.code).toBe(1);
    expect(spawnSync('flock', ['-n', path, 'true']).status).toBe(1);
    process.kill(pid, 'SIGCONT');
    await until(() => !existsSync(path));
  });
});
