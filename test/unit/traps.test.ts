// What is told about a filesystem and a host without trying, and that looking leaves no trace.

import { chmodSync, chownSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { behaviourOf } from '../../src/inspect/filesystems.js';
import { mountOf, type Mount } from '../../src/inspect/mounts.js';
import { trapsOf } from '../../src/inspect/traps.js';
import { bindfs, overlay } from '../helpers/mounts.js';
import { BASES, mount, scratch } from '../helpers/scratch.js';
import { sysctls } from '../helpers/sysctls.js';

const ids = (path: string, root?: string): string[] =>
  trapsOf(path, root === undefined ? {} : { sysctls: root }).map(({ id }) => id);

it.each(BASES)('%s has none', (base) => {
  expect(trapsOf(join(scratch(base), 'l'))).toEqual([]);
});

it('a directory that is not there has none', () => {
  expect(trapsOf('/tmp/no-such-directory/l')).toEqual([]);
});

it('FUSE is one, and has no files without a name', ({ skip }) => {
  const dir = bindfs() ?? skip('the mount was refused');
  expect(ids(join(dir, 'l'))).toEqual(['filesystem', 'nameless']);
});

it('overlayfs is one', ({ skip }) => {
  const dir = overlay() ?? skip('the mount was refused');
  expect(ids(join(dir, 'l'))).toEqual(['filesystem']);
});

it('a read-only mount is one', ({ skip }) => {
  const dir = scratch();
  const refused = mount(dir, 'mount', '--bind', dir, dir);
  if (refused !== undefined) skip(`mount refused: ${refused}`);
  expect(ids(join(dir, 'l'))).toEqual([]);
  expect(spawnSync('mount', ['-o', 'remount,bind,ro', dir]).status).toBe(0);
  expect(ids(join(dir, 'l'))).toEqual(['read-only']);
});

it('leases that are switched off are one', () => {
  const path = join(scratch(), 'l');
  const root = sysctls({ 'fs/leases-enable': 1 });
  expect(ids(path, root)).toEqual([]);
  expect(ids(path, sysctls({ 'fs/leases-enable': 0 }, root))).toEqual(['leases']);
});

it('nothing is made or changed by looking', () => {
  const dir = scratch();
  writeFileSync(join(dir, 'l'), '0');
  const before = statSync(dir).mtimeMs;
  trapsOf(join(dir, 'l'));
  expect(readdirSync(dir)).toEqual(['l']);
  expect(statSync(dir).mtimeMs).toBe(before);
});

describe('fs.protected_regular', () => {
  it.each([
    [0o1777, 0, []],
    [0o1777, 1, ['sticky']],
    [0o0777, 1, []],
    [0o1755, 1, []],
    [0o1775, 1, []],
    [0o1775, 2, ['sticky']],
  ])('mode %o at level %i', (mode, level, expected) => {
    const dir = scratch();
    chmodSync(dir, mode);
    expect(ids(join(dir, 'l'), sysctls({ 'fs/protected_regular': level }))).toEqual(expected);
  });

  it("spares a lock of the directory's owner", () => {
    const dir = scratch();
    chmodSync(dir, 0o1777);
    const path = join(dir, 'l');
    writeFileSync(path, '');
    const root = sysctls({ 'fs/protected_regular': 1 });
    expect(ids(path, root)).toEqual([]);
    chownSync(path, 65534, 65534);
    expect(ids(path, root)).toEqual(['sticky']);
  });
});

describe('a filesystem is told by its magic and its mount', () => {
  const on = (type: string, ...options: string[]): Mount => ({
    id: 1,
    device: '0:1',
    root: '/',
    point: '/m',
    type,
    options,
  });
  it.each([
    ['NFS', 0x6969, on('nfs4', 'rw'), /^nfs4: flock is a record lock at the server/],
    ['NFS without locks', 0x6969, on('nfs', 'nolock'), /nfs: it is mounted with nolock/],
    ['NFS, local flock', 0x6969, on('nfs4', 'local_lock=flock'), /with local_lock=flock/],
    ['NFS, as usual', 0x6969, on('nfs4', 'local_lock=none'), /at the server/],
    ['SMB', 0xfe534d42, on('cifs'), /cifs: .*byte-range/],
    ['SMB, where f_type is signed', 0xfe534d42 | 0, on('cifs'), /cifs: .*byte-range/],
    ['SMB without locks', 0xff534d42, on('cifs', 'nobrl'), /with nobrl/],
    ['virtiofs', 0x65735546, on('virtiofs'), /^virtiofs: /],
    ['sshfs', 0x65735546, on('fuse.sshfs'), /^fuse.sshfs: /],
    ['9p', 0x01021997, undefined, /^9p: .*another kernel/],
    ['FAT', 0x4d44, on('vfat'), /^vfat: .*neither owners/],
    ['exFAT', 0x2011bab0, on('exfat'), /^exfat: .*neither owners/],
    ['Ceph', 0x00c36400, on('ceph'), /shared by machines/],
    ['ext4', 0xef53, on('ext4'), /^ext4: undefined$/],
    ['one that is not known', 0x1234, undefined, /^0x1234: undefined$/],
  ])('%s', (_name, magic, where, says) => {
    const { name, text, cost } = behaviourOf(magic, where);
    expect(`${name}: ${String(text)}`).toMatch(says);
    expect(cost === undefined).toBe(text === undefined);
  });
});

it('a mount is found by its directory, the one on top, with spaces in its name', ({ skip }) => {
  const dir = join(scratch(), 'a b');
  expect(spawnSync('mkdir', [dir]).status).toBe(0);
  const outer = mountOf(dir);
  expect(outer?.point).not.toBe(dir);
  for (const type of ['tmpfs', 'ramfs']) {
    const refused = mount(dir, 'mount', '-t', type, 'none', dir);
    if (refused !== undefined) skip(`mount refused: ${refused}`);
    expect(mountOf(dir)).toMatchObject({ point: dir, type });
  }
  expect(mountOf(`${dir}/..`)).toEqual(outer);
});
