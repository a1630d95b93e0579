import { expect, it } from 'vitest';
import { acquire, acquireAll, inspectSync, LockError, tryAcquireSync } from '../../src/index.js';
import { checkOptions, checkPath, checkWaitOptions } from '../../src/lock/options.js';
import type { WaitOptions } from '../../src/index.js';

function refusal(act: () => unknown): LockError {
  try {
    act();
  } catch (error) {
    if (LockError.is(error)) return error;
    throw error;
  }
  throw new Error('not refused');
}

it.each([
  ['reason', { reason: 7 }],
  ['mode', { mode: -1 }],
  ['mode', { mode: 0o1000 }],
  ['mode', { mode: 1.5 }],
  ['mode', { mode: '0644' }],
  ['empty', { empty: 'maybe' }],
  ['owner.uid', { owner: { uid: -1, gid: 0 } }],
  ['owner.uid', { owner: { gid: 0 } }],
  ['owner.gid', { owner: { uid: 0, gid: 0xffffffff } }],
  ['timeout', { timeout: -1 }],
  ['timeout', { timeout: NaN }],
  ['timeout', { timeout: '5' }],
  ['signal', { signal: {} }],
  ['onBlocked', { onBlocked: 7 }],
])('an unusable %s is refused by name: %j', (name, options) => {
  const error = refusal(() => {
    checkWaitOptions(options as WaitOptions);
  });
  expect(error.code).toBe('ERR_INVALID_ARGUMENT');
  expect(error.message).toMatch(new RegExp(`^${name.replace('.', '\\.')} must be .+, not .+`));
});

it.each(['', 'a/', '/', '.', '..', 'a/.', 'a/..', 'a\0b', 7, null, undefined])(
  '%j is no lock path',
  (path) => {
    const error = refusal(() => {
      checkPath(path);
    });
    expect(error.code).toBe('ERR_INVALID_ARGUMENT');
    expect(error.message).toMatch(/^path must be /);
  },
);

it.each(['a', '/a', './a', '../a', 'a.', 'a..', '...', '.hidden', ' ', 'a\nb'])(
  '%j is a lock path',
  (path) => {
    checkPath(path);
  },
);

it('usable options pass', () => {
  checkOptions({});
  checkOptions({ reason: '', mode: 0, owner: { uid: 0, gid: 0 }, empty: 'free' });
  checkWaitOptions({ timeout: 0, signal: new AbortController().signal });
  checkWaitOptions({ timeout: Infinity });
});

it('every entry checks its arguments', async () => {
  const code = { code: 'ERR_INVALID_ARGUMENT' };
  await expect(acquire('')).rejects.toMatchObject(code);
  await expect(acquire('/tmp/l', { timeout: -1 })).rejects.toMatchObject(code);
  await expect(acquireAll(['/tmp/l', ''])).rejects.toMatchObject(code);
  expect(refusal(() => tryAcquireSync('/tmp/l', { mode: 0o7777 }))).toMatchObject(code);
  expect(refusal(() => inspectSync(''))).toMatchObject(code);
});

it('inspect refuses an unusable policy by name', () => {
  const error = refusal(() => inspectSync('/tmp/l', { empty: 'maybe' as 'free' }));
  expect(error.message).toMatch(/^empty must be /);
});
