// Kernel settings for one test: a directory in the place of /proc/sys, which is nearly always enough,
// and the host's own for a few system calls.

import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { native } from '../../src/native.js';
import { scratch } from './scratch.js';

const LOCK_EX = 2; // flock(2)

/** The root for settings such as `{ 'fs/leases-enable': 0 }`; call it again to change them. */
export function sysctls(settings: Record<string, number>, root: string = scratch()): string {
  for (const [name, value] of Object.entries(settings)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), `${String(value)}\n`);
  }
  return root;
}

/**
 * Runs `act` with a setting of the host, such as `fs/protected_regular`, and restores it. Every process
 * of the machine has it meanwhile, so `act` is short and does not give way; one test at a time.
 */
export function withHostSetting<T>(name: string, value: number, act: () => T): T {
  const turn = openSync(join(tmpdir(), 'lockbridge-test-host-setting'), 'a');
  try {
    const failed = native.flock(turn, LOCK_EX);
    if (failed < 0) throw new Error(`flock: ${String(failed)}`);
    const file = join('/proc/sys', name);
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, String(value));
    try {
      return act();
    } finally {
      writeFileSync(file, before);
    }
  } finally {
    closeSync(turn);
  }
}

/** Why the host's setting cannot be changed here; undefined if it can. */
export function lacksHostSetting(name: string): string | undefined {
  try {
    withHostSetting(name, Number(readFileSync(join('/proc/sys', name), 'utf8')), () => undefined);
    return undefined;
  } catch (error) {
    return `${name} cannot be changed: ${String(error)}`;
  }
}
