// What the doctor finds changes with the filesystem, the host and the user, and nothing stays behind.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allGuaranteed, diagnose, type Finding } from '../../dist/index.js';
import { Child, exitCode, flockHolder } from '../helpers/child.js';
import { bindfs, exfat, overlay, tmpfs } from '../helpers/mounts.js';
import { BASES, mount, scratch, until } from '../helpers/scratch.js';
import { sysctls } from '../helpers/sysctls.js';

const BIN = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));
const HELPER = fileURLToPath(new URL('../helpers/diagnose.mjs', import.meta.url));
const NOBODY = { uid: 65534, gid: 65534 };

const HOST = ['processes', 'descriptors', 'inotify-room'];

/** The ids with a status other than ok, those about the host left out. */
function troubles(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(
    findings
      .filter(({ id, status }) => status !== 'ok' && !HOST.includes(id))
      .map(({ id, status }) => [id, status]),
  );
}

/** The findings of a doctor that is started by `command`, by id. */
function statuses(dir: string, command: string[] = [], options = {}): Record<string, string> {
  const [program, ...args] = [...command, process.execPath, HELPER, dir];
  const done = spawnSync(program, args, { ...options, encoding: 'utf8', timeout: 30_000 });
  try {
    return JSON.parse(done.stdout) as Record<string, string>;
  } catch {
    throw new Error(`${done.stdout}${done.stderr}`);
  }
}

it.each(BASES)('in %s every promise is kept, and nothing is left', async (base) => {
  const dir = scratch(base);
  const findings = await diagnose(dir);
  expect(troubles(findings)).toEqual({});
  expect(findings.map(({ id }) => id)).toEqual(expect.arrayContaining([...HOST, 'death', 'mtime']));
  expect(allGuaranteed(findings)).toBe(true);
  expect(readdirSync(dir)).toEqual([]);
});

describe('FUSE', () => {
  it('has no nameless files, exchange or birth times, and keeps every promise', async ({
    skip,
  }) => {
    const dir = bindfs() ?? skip('the mount was refused');
    const findings = await diagnose(dir);
    expect(troubles(findings)).toEqual({
      filesystem: 'weak',
      'born-locked': 'weak',
      exchange: 'weak',
      birth: 'weak',
    });
    expect(allGuaranteed(findings)).toBe(true);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('does not refuse who locks the file below the mount', async ({ skip }) => {
    const dir = bindfs() ?? skip('the mount was refused');
    const holder = await flockHolder(join(dir, 'l'));
    expect(exitCode('flock', '-n', join(dir, 'l'), 'true')).toBe(1);
    expect(exitCode('flock', '-n', join(dirname(dir), 'below', 'l'), 'true')).toBe(0);
    await holder.finish();
  });

  it.for([
    ['--xattr-none', 'xattr', 'EOPNOTSUPP'],
    ['--chmod-ignore', 'mode', 'mode 600 was set and is 644'],
    ['--chown-ignore', 'mode', 'owner 65534 was set and is 0'],
    ['--rename-deny', 'rename', 'EPERM'],
  ] as const)('with %s is weak in %s', async ([option, id, says], { skip }) => {
    const dir = bindfs(option) ?? skip('the mount was refused');
    const findings = await diagnose(dir);
    const found = findings.find((finding) => finding.id === id);
    expect(found).toMatchObject({ status: 'weak' });
    expect(found?.detail).toContain(says);
    expect(found?.cost).toMatch(/./);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('where nothing can be removed breaks a promise and keeps one empty directory', async ({
    skip,
  }) => {
    const dir = bindfs('--delete-deny') ?? skip('the mount was refused');
    const findings = await diagnose(dir);
    expect(troubles(findings)).toMatchObject({ writable: 'missing' });
    expect(allGuaranteed(findings)).toBe(false);
    const [left = '', ...more] = readdirSync(dir);
    expect(more).toEqual([]);
    expect(findings.find(({ id }) => id === 'writable')?.detail).toContain(left);
    expect(readdirSync(join(dir, left))).toEqual([]);
  });

  it('without an answer from its program is unknown, and nobody hangs', async ({ skip }) => {
    const dir = scratch();
    for (const name of ['below', 'm']) mkdirSync(join(dir, name));
    const point = join(dir, 'm');
    const daemon = new Child('bindfs', ['-f', join(dir, 'below'), point]);
    const mounted = (): boolean => readFileSync('/proc/self/mountinfo', 'utf8').includes(point);
    onTestFinished(() => void spawnSync('umount', ['-l', point]));
    await until(() => mounted() || daemon.process.exitCode !== null);
    if (!mounted()) skip('the mount was refused');
    daemon.process.kill('SIGSTOP');
    const findings = await diagnose(point, { timeout: 1000 });
    daemon.process.kill('SIGCONT');
    expect(findings.find(({ id }) => id === 'flock')).toMatchObject({ status: 'unknown' });
    expect(findings.find(({ id }) => id === 'processes')?.detail).not.toContain('no answer');
    expect(allGuaranteed(findings)).toBe(false);
    expect(readdirSync(point)).toEqual([]);
  });
});

describe('overlayfs', () => {
  it('keeps every promise, to those who share the mount', async ({ skip }) => {
    const dir = overlay() ?? skip('the mount was refused');
    const findings = await diagnose(dir);
    expect(troubles(findings)).toEqual({ filesystem: 'weak' });
    expect(allGuaranteed(findings)).toBe(true);
  });

  it('makes two locks of one file of the lower layer', async ({ skip }) => {
    const lower = scratch();
    writeFileSync(join(lower, 'l'), '');
    const one = overlay(lower) ?? skip('the mount was refused');
    const two = overlay(lower) ?? skip('the mount was refused');
    const holder = await flockHolder(join(one, 'l'));
    expect(exitCode('flock', '-n', join(one, 'l'), 'true')).toBe(1);
    expect(exitCode('flock', '-n', join(two, 'l'), 'true')).toBe(0);
    await holder.finish();
  });
});

it('exFAT has neither links, modes nor attributes, and keeps every promise', async ({ skip }) => {
  const dir = exfat() ?? skip('no loop device, mkfs.exfat or mount.exfat-fuse');
  const findings = await diagnose(dir);
  expect(troubles(findings)).toEqual({
    filesystem: 'weak',
    others: 'weak',
    'born-locked': 'weak',
    'hard-link': 'weak',
    exchange: 'weak',
    mode: 'weak',
    xattr: 'weak',
    birth: 'weak',
  });
  expect(findings.find(({ id }) => id === 'mtime')?.detail).toMatch(/kept/);
  expect(allGuaranteed(findings)).toBe(true);
  expect(readdirSync(dir)).toEqual([]);
});

describe('a directory in which no file can be made is one finding', () => {
  it('on a read-only bind mount', async ({ skip }) => {
    const dir = scratch();
    const refused = mount(dir, 'mount', '--bind', dir, dir);
    if (refused !== undefined) skip(`mount refused: ${refused}`);
    expect(spawnSync('mount', ['-o', 'remount,bind,ro', dir]).status).toBe(0);
    const findings = await diagnose(dir);
    expect(troubles(findings)).toEqual({ writable: 'missing' });
    expect(findings.find(({ id }) => id === 'writable')?.detail).toContain('read-only');
    expect(findings.some(({ id }) => id === 'flock')).toBe(false);
    expect(allGuaranteed(findings)).toBe(false);
  });

  it('on a full filesystem', async ({ skip }) => {
    const dir = tmpfs('size=64k') ?? skip('the mount was refused');
    expect(troubles(await diagnose(dir))).toEqual({ space: 'weak' });
    try {
      writeFileSync(join(dir, 'filler'), Buffer.alloc(65_536));
    } catch {
      // full
    }
    const findings = await diagnose(dir);
    expect(troubles(findings)).toEqual({ writable: 'missing', space: 'weak' });
    expect(findings.find(({ id }) => id === 'writable')?.detail).toContain('ENOSPC');
    expect(readdirSync(dir)).toEqual(['filler']);
  });

  it('without a free inode', async ({ skip }) => {
    const dir = tmpfs('size=1m,nr_inodes=2') ?? skip('the mount was refused');
    expect(troubles(await diagnose(dir))).toEqual({ writable: 'missing', space: 'weak' });
    expect(readdirSync(dir)).toEqual([]);
  });

  it("in root's directory, for another user", () => {
    const dir = scratch('/dev/shm');
    chmodSync(dir, 0o755);
    const seen = statuses(dir, [], NOBODY);
    expect(seen).toMatchObject({ writable: 'missing', descriptors: 'weak' });
    expect(seen).not.toHaveProperty('flock');
    chmodSync(dir, 0o1777);
    expect(statuses(dir, [], NOBODY)).toMatchObject({ writable: 'ok', flock: 'ok', lease: 'ok' });
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('the host', () => {
  it('shows all processes in the initial pid namespace, and not in another one', ({ skip }) => {
    const dir = scratch();
    const inside = ['unshare', '--pid', '--fork', '--mount-proc'];
    if (exitCode('unshare', ...inside.slice(1), 'true') !== 0) skip('unshare was refused');
    expect(statuses(dir, inside)).toMatchObject({ processes: 'weak', flock: 'ok', lease: 'ok' });
  });

  it.each([
    ['with hidepid', 'mount -t proc -o hidepid=2 proc /proc'],
    ['without /proc', 'mount -t tmpfs none /proc'],
  ])('%s does not tell who holds a lock', (_name, command) => {
    const dir = scratch();
    const inside = ['unshare', '--mount', 'sh', '-c', `${command} && exec "$@"`, 'sh'];
    expect(statuses(dir, inside)).toMatchObject({ processes: 'weak', flock: 'ok' });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('without an inotify instance left breaks a promise', ({ skip }) => {
    const dir = scratch();
    // The limit of a user namespace of its own: nobody else notices.
    const limit = '/proc/sys/user/max_inotify_instances';
    const inside = ['unshare', '-U', '-r', 'sh', '-c', `echo 0 >${limit} && exec "$@"`, 'sh'];
    if (exitCode(inside[0] ?? '', ...inside.slice(1), 'true') !== 0) skip('unshare was refused');
    expect(statuses(dir, inside)).toMatchObject({ inotify: 'missing', 'inotify-room': 'weak' });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is read from the settings that it is given', async () => {
    const dir = scratch();
    chmodSync(dir, 0o1777);
    const root = sysctls({ 'fs/leases-enable': 1, 'fs/protected_regular': 0 });
    expect(troubles(await diagnose(dir, { sysctls: root }))).toEqual({});
    sysctls({ 'fs/leases-enable': 0, 'fs/protected_regular': 1 }, root);
    const findings = await diagnose(dir, { sysctls: root });
    expect(troubles(findings)).toEqual({ lease: 'weak', others: 'weak' });
  });
});

it('a directory that everybody may write to is weak without the sticky bit', async () => {
  const dir = scratch();
  chmodSync(dir, 0o777);
  expect(troubles(await diagnose(dir))).toEqual({ others: 'weak' });
  chmodSync(dir, 0o755);
  expect(troubles(await diagnose(dir))).toEqual({});
});

/** The process that examines `dir`, other than those `before`. */
function examinerOf(dir: string, before: readonly number[]): number | undefined {
  return readdirSync('/proc')
    .map(Number)
    .find((pid) => {
      if (!Number.isInteger(pid) || before.includes(pid)) return false;
      try {
        const command = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
        return command.includes('examiner-main') && command.includes(dir);
      } catch {
        return false;
      }
    });
}

it('an examination that is stopped or killed is unknown, and what it made is removed', async () => {
  const dir = scratch();
  // Again if the signals came when it was done already.
  for (let caught = false; !caught;) {
    const diagnosis = diagnose(dir, { timeout: 1000 });
    let done = false;
    void diagnosis.then(() => (done = true));
    const seen: number[] = [];
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
      let pid: number | undefined;
      await until(() => {
        pid = readdirSync(dir).length > 0 ? examinerOf(dir, seen) : undefined;
        return done || pid !== undefined;
      });
      if (pid === undefined) break;
      process.kill(pid, signal);
      seen.push(pid);
    }
    const unknown = (await diagnosis).filter(({ status }) => status === 'unknown');
    const details = unknown.map(({ detail }) => detail).join();
    caught = ['no answer within 1 s', 'broke off', 'not tried'].every((x) => details.includes(x));
    expect(readdirSync(dir)).toEqual([]);
    expect(examinerOf(dir, [])).toBeUndefined();
  }
});

it.each(['SIGKILL', 'SIGINT'] as const)('a doctor that %s ends leaves nothing', async (signal) => {
  const dir = scratch();
  for (let ended: string | null = null; ended !== signal;) {
    const doctor = spawn(process.execPath, [BIN, 'doctor', dir], {
      stdio: 'ignore',
      detached: true,
    });
    const closed = once(doctor, 'close');
    await until(() => readdirSync(dir).length > 0 || doctor.exitCode !== null);
    process.kill(-(doctor.pid ?? NaN), signal); // the group, as a terminal's ^C
    await closed;
    ended = doctor.signalCode; // null: it was done before the signal came
    await until(() => readdirSync(dir).length === 0);
  }
});
