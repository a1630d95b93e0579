// What can have become of a lock of ours that took a stranger's place by force.

import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { inspectSync, type Lock } from '../../../src/index.js';
import { until } from '../../helpers/scratch.js';

/** It was removed, we were told why, and our release touches nothing any more. */
export async function expectLost(lock: Lock): Promise<void> {
  await until(() => lock.lost.aborted);
  expect(lock.lost.reason).toBe('removed');
  expect(lock.held).toBe(false);
  expect(existsSync(lock.path)).toBe(false);
  expect(lock.releaseSync()).toBe('lost');
}

/** It is at its path, held and with its record, until we let go. */
export function expectOurs(lock: Lock): void {
  expect(lock.held).toBe(true);
  const { record } = lock;
  expect(inspectSync(lock.path)).toMatchObject({ verdict: 'held', by: 'kernel', record });
  expect(lock.releaseSync()).toBe('unlinked');
}
