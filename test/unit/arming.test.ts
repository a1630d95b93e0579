// A lock is watched from the turn after it was taken, however idle its process is.

import { readFileSync, truncateSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Child } from '../helpers/child.js';
import { scratch } from '../helpers/scratch.js';

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
