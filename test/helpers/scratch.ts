// Fresh directories, mounts and conditions for one test; all gone when the test has finished.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** Where locks are tried: a disk filesystem (ext4) and tmpfs. */
export const BASES: readonly string[] = [realpathSync(tmpdir()), '/dev/shm'];

/** A fresh directory, removed after the test. */
export function scratch(base: string = tmpdir()): string {
  const dir = mkdtempSync(join(base, 'lockbridge-test-'));
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

/** Runs a mount command; unmounts `target` after the test. Undefined, or why it was refused. */
export function mount(target: string, command: string, ...args: string[]): string | undefined {
  try {
    execFileSync(command, args, { stdio: 'pipe', timeout: 10_000 });
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr ?? error);
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', target], { stdio: 'pipe', timeout: 10_000 });
  });
  return undefined;
}

/** Resolves when `condition` holds; fails with the test's time. Never a fixed pause. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(condition, { timeout: 20_000, interval: 2 });
}

/** Whether somebody is blocked behind a kernel lock on the file (`->` in /proc/locks). */
export function hasWaiter(path: string): boolean {
  const suffix = `:${String(statSync(path).ino)} `;
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .some((line) => line.includes('->') && line.includes(suffix));
}
