// A lock is watched from the turn after it was taken, however idle its process is.

import { closeSync, openSync, readFileSync, truncateSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { acquire, acquireSync } from '../../src/index.js';
import { Child } from '../helpers/child.js';
import { scratch } from '../helpers/scratch.js';

afterEach(() => {
  vi.useRealTimers();
});

const LIBRARY = new URL('../../dist/index.js', import.meta.url).href;

// Nothing but a timer far away keeps the loop: no event comes that would turn it by chance.
const IDLE = `
import { writeSync } from 'node:fs';
import { acquireSync } from '${LIBRARY}';
const say = (line) => writeSync(1, line + '\\n');
setTimeout(() => {
  const lock = acquireSync(process.argv[1]);
  lock.lost.addEventListener('abort', () => {
    say('lost ' + lock.lost.reason);
    process.exit();
  });
  say(JSON.stringify(lock.recordText));
  setTimeout(() => say('not told'), 60_000);
}, 100);
`;

async function idleHolder(path: string): Promise<{ child: Child; record: string }> {
  const child = new Child(process.execPath, ['--input-type=module', '-e', IDLE, path]);
  return { child, record: JSON.parse(await child.line()) as string };
}

it('an idle holder is told at once that its file was removed', async () => {
  const path = join(scratch(), 'l');
  const { child } = await idleHolder(path);
  unlinkSync(path);
  expect(await child.line()).toBe('lost removed');
});

it('an idle holder writes its record anew when a peer has truncated it', async () => {
  const path = join(scratch(), 'l');
  const { record } = await idleHolder(path);
  truncateSync(path);
  await vi.waitFor(() => {
    expect(readFileSync(path, 'latin1')).toBe(record);
  });
});

it('a test that puts its own setImmediate in the place of Node’s for a while takes nothing from us', async () => {
  const path = join(scratch(), 'l');
  vi.useFakeTimers();
  const taken = acquireSync(path);
  const controller = new AbortController();
  const waiting = acquire(path, { signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_LOCK_ABORTED' });
  vi.useRealTimers();
  const lost = new Promise((resolve) => {
    taken.lost.addEventListener('abort', resolve);
  });
  unlinkSync(path);
  await lost;
  closeSync(openSync(path, 'wx'));
  await expect(acquire(path, { timeout: 1 })).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' });
});
