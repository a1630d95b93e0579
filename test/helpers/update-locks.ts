// A supervisor's world for one test: a root with the lock directories of app 123.

import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LockError } from '../../src/index.js';
import {
  lockDir,
  UpdateLocks,
  type UpdateLockEvent,
  type UpdateLocksOptions,
} from '../../src/supervisor/index.js';
import { helperChild, type Child } from './child.js';
import { scratch } from './scratch.js';

export interface World {
  root: string;
  locks: UpdateLocks;
  events: UpdateLockEvent[];
  /** The lock file of a service. */
  path: (service: string, name?: string) => string;
  /** UpdateLocks for the same services, or these, in the same root. */
  again: (options?: UpdateLocksOptions, services?: string[]) => UpdateLocks;
}

/** A fresh directory that other users can pass through. */
export function openScratch(): string {
  const dir = scratch();
  chmodSync(dir, 0o755);
  return dir;
}

export function world(
  options: UpdateLocksOptions = {},
  services: string[] = ['one', 'two'],
): World {
  const root = join(openScratch(), 'root');
  mkdirSync(root);
  const events: UpdateLockEvent[] = [];
  const again = (more: UpdateLocksOptions = {}, these: string[] = services): UpdateLocks =>
    UpdateLocks.for(123, these, { root, onEvent: (event) => events.push(event), ...more });
  const locks = again(options);
  locks.prepare();
  const path = (service: string, name = 'updates.lock'): string =>
    join(lockDir(root, 123, service), name);
  return { root, locks, events, path, again };
}

export async function refusal(promise: Promise<unknown>): Promise<LockError> {
  try {
    await promise;
  } catch (error) {
    if (LockError.is(error)) return error;
    throw error;
  }
  throw new Error('not refused');
}

/** Another supervisor, in a process of its own, that holds the locks of app 123. */
export async function otherSupervisor(root: string, ...services: string[]): Promise<Child> {
  const child = helperChild('update-locker.mjs', [root, '123', ...services]);
  const said = await child.line();
  if (said !== 'held') throw new Error(`the other supervisor said: ${said}`);
  return child;
}
