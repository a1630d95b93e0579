// Filesystems to lock on, fresh for one test. Undefined where the machine refuses them.

import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { mount, scratch } from './scratch.js';

/** A FUSE mount; its files lie in `../below`. */
export function bindfs(...options: string[]): string | undefined {
  const dir = scratch();
  for (const name of ['below', 'm']) mkdirSync(join(dir, name));
  const refused = mount(join(dir, 'm'), 'bindfs', ...options, join(dir, 'below'), join(dir, 'm'));
  return refused === undefined ? join(dir, 'm') : undefined;
}

/** An overlay over a fresh lower layer, or over the given one. */
export function overlay(lower?: string): string | undefined {
  const dir = scratch();
  for (const name of ['lower', 'upper', 'work', 'm']) mkdirSync(join(dir, name));
  const layers = `lowerdir=${lower ?? `${dir}/lower`},upperdir=${dir}/upper,workdir=${dir}/work`;
  const options = ['-t', 'overlay', 'o', '-o', layers];
  const refused = mount(join(dir, 'm'), 'mount', ...options, join(dir, 'm'));
  return refused === undefined ? join(dir, 'm') : undefined;
}

/** A tmpfs of its own. */
export function tmpfs(options: string): string | undefined {
  const dir = scratch();
  const refused = mount(dir, 'mount', '-t', 'tmpfs', '-o', options, 'tmpfs', dir);
  return refused === undefined ? dir : undefined;
}

/** A FAT-like filesystem (no links, modes, owners or attributes), from an image on a loop device. */
export function exfat(): string | undefined {
  const dir = scratch();
  const image = join(dir, 'image');
  const point = join(dir, 'm');
  mkdirSync(point);
  const fd = openSync(image, 'w');
  ftruncateSync(fd, 64 * 2 ** 20);
  closeSync(fd);
  try {
    const run = (command: string, ...args: string[]): string =>
      execFileSync(command, args, { stdio: 'pipe', encoding: 'utf8', timeout: 10_000 });
    run('mkfs.exfat', image);
    const device = run('losetup', '--find', '--show', image).trim();
    onTestFinished(() => void run('losetup', '--detach', device));
    return mount(point, 'mount.exfat-fuse', device, point) === undefined ? point : undefined;
  } catch {
    return undefined;
  }
}
