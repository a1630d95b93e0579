// Asking before taking: a file beside the lock, an event for a lockbridge holder; and the host's own
// update, which keeps a reboot waiting.

import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acquireSync, type Lock } from '../../../src/index.js';
import {
  announcePending,
  checkHostUpdate,
  hostUpdateBlockers,
  withdrawPending,
} from '../../../src/supervisor/index.js';
import { Child, exitCode } from '../../helpers/child.js';
import { scratch, until } from '../../helpers/scratch.js';
import { world } from '../../helpers/update-locks.js';

const PENDING = { release: 'v2', since: '2026-11-24T10:00:00Z' };

function place(): { dir: string; file: string; above: string } {
  const { path, root } = world();
  const dir = join(path('one'), '..');
  return { dir, file: join(dir, 'updates.pending'), above: join(root, 'tmp/balena-supervisor') };
}

const asked = (lock: Lock): Promise<unknown> => {
  const signal = lock.requested;
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve(signal.reason);
    });
  });
};

it('a pending update is announced and withdrawn, as often as one likes', () => {
  const { dir, file, above } = place();
  expect(announcePending(dir, PENDING)).toBeUndefined();
  expect(announcePending(dir, { ...PENDING, deadline: '2026-11-24T11:00:00Z' })).toBeUndefined();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    ...PENDING,
    deadline: '2026-11-24T11:00:00Z',
  });
  expect(lstatSync(file).mode & 0o7777).toBe(0o644);
  expect(withdrawPending(dir)).toBeUndefined();
  expect(withdrawPending(dir)).toBeUndefined();
  expect(readdirSync(dir)).toEqual([]);
  expect(readdirSync(above)).toEqual(['services']);
});

it('a link or a FIFO at the name is replaced, and what it leads to is not touched', () => {
  const { dir, file } = place();
  const target = join(scratch(), 'precious');
  writeFileSync(target, 'x');
  symlinkSync(target, file);
  expect(announcePending(dir, PENDING)).toBeUndefined();
  expect(readFileSync(target, 'utf8')).toBe('x');
  withdrawPending(dir);
  expect(exitCode('mkfifo', file)).toBe(0);
  expect(announcePending(dir, PENDING)).toBeUndefined();
  expect(lstatSync(file).isFile()).toBe(true);
});

it('a directory at the name is said, and stays', () => {
  const { dir, file, above } = place();
  mkdirSync(file);
  expect(announcePending(dir, PENDING)).toContain('carries no updates.pending');
  expect(withdrawPending(dir)).toContain('still carries');
  expect(readdirSync(dir)).toEqual(['updates.pending']);
  expect(readdirSync(above)).toEqual(['services']);
});

it('a holder is asked, with what waits', async () => {
  const { dir } = place();
  const lock = acquireSync(join(dir, 'updates.lock'));
  const reason = asked(lock);
  expect(lock.requested.aborted).toBe(false);
  announcePending(dir, { ...PENDING, deadline: '2026-11-24T11:00:00Z' });
  expect(await reason).toEqual({ ...PENDING, deadline: '2026-11-24T11:00:00Z' });
  expect(lock.held).toBe(true);
  lock.releaseSync();
});

it('a holder that came later is asked at once', () => {
  const { dir } = place();
  announcePending(dir, { ...PENDING, release: '💥'.repeat(500) });
  const lock = acquireSync(join(dir, 'updates.lock'));
  expect(lock.requested.aborted).toBe(true);
  expect((lock.requested.reason as { release: string }).release).toContain('💥');
  lock.releaseSync();
});

it('a request that is written into the file bit by bit is one when it is whole', async () => {
  const { dir, file } = place();
  const text = JSON.stringify(PENDING);
  writeFileSync(file, text.slice(0, 9));
  const lock = acquireSync(join(dir, 'updates.lock'));
  const reason = asked(lock);
  expect(lock.requested.aborted).toBe(false);
  appendFileSync(file, text.slice(9));
  expect(await reason).toEqual(PENDING);
  lock.releaseSync();
});

it('whoever has let go is not asked any more', async () => {
  const { dir } = place();
  const lock = acquireSync(join(dir, 'updates.lock'));
  const { requested } = lock;
  lock.releaseSync();
  const next = acquireSync(join(dir, 'updates.lock'));
  const reason = asked(next);
  announcePending(dir, PENDING);
  await reason;
  expect(requested.aborted).toBe(false);
  expect(lock.requested.aborted).toBe(false);
  next.releaseSync();
});

it.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['null', 'null'],
  ['a number', '7'],
  ['another shape', '{"release":1,"since":"2026-11-24T10:00:00Z"}'],
  ['no time', '{"release":"v2","since":"soon"}'],
  ['too much', `{"release":"${'x'.repeat(600)}","since":"2026-11-24T10:00:00Z"}`],
])('%s in the file is no request, and what follows it is one', async (_what, content) => {
  const { dir, file } = place();
  writeFileSync(file, content);
  const lock = acquireSync(join(dir, 'updates.lock'));
  expect(lock.requested.aborted).toBe(false);
  announcePending(dir, PENDING);
  await until(() => lock.requested.aborted);
  lock.releaseSync();
});

it('a hostile file at the name neither hangs nor misleads a holder', () => {
  const { dir, file } = place();
  const target = join(scratch(), 'secret');
  writeFileSync(target, JSON.stringify(PENDING));
  for (const make of [
    () => {
      symlinkSync(target, file);
    },
    () => {
      exitCode('mkfifo', file);
    },
    () => {
      mkdirSync(file);
    },
  ]) {
    exitCode('rm', '-rf', file);
    make();
    const lock = acquireSync(join(dir, 'updates.lock'));
    expect(lock.requested.aborted).toBe(false);
    lock.releaseSync();
  }
});

it('control characters in what is asked do not reach a terminal', () => {
  const { dir, file } = place();
  writeFileSync(file, JSON.stringify({ ...PENDING, release: '\u001b[2Jv2\n' }));
  const lock = acquireSync(join(dir, 'updates.lock'));
  expect(lock.requested.reason).toEqual({ ...PENDING, release: '?[2Jv2?' });
  lock.releaseSync();
});

it('a lock that asks for requests and is forgotten is noticed all the same', async () => {
  const { dir } = place();
  const index = new URL('../../../dist/index.js', import.meta.url).pathname;
  const child = new Child(process.execPath, [
    ...['--expose-gc', '--input-type=module', '-e'],
    `import { acquireSync } from '${index}';
     const ask = () => acquireSync('${join(dir, 'updates.lock')}').requested;
     const signal = ask();
     process.on('warning', ({ code }) => { console.log(code, signal.aborted); process.exit(); });
     setImmediate(function turn() { gc(); setImmediate(turn); });`,
  ]);
  expect(await child.line()).toBe('LOCKBRIDGE_LEAKED_LOCK false');
});

it('an unfinished update of the host is told by its breadcrumbs', () => {
  const root = scratch();
  const state = join(root, 'mnt/state');
  expect(hostUpdateBlockers(root)).toEqual([]);
  checkHostUpdate(root);
  mkdirSync(state, { recursive: true });
  for (const name of ['rollback-health-breadcrumb', 'rollback-altboot-breadcrumb'])
    writeFileSync(join(state, name), '');
  expect(hostUpdateBlockers(root)).toHaveLength(2);
  expect(() => {
    checkHostUpdate(root);
  }).toThrow(
    expect.objectContaining({
      code: 'ERR_UPDATES_LOCKED',
      message: 'Waiting for Host OS update to finish',
    }) as Error,
  );
});
