import { expect, it } from 'vitest';
import { LOCK_ERROR_CODES, LockError } from '../../src/index.js';
import { fromErrno, invalid } from '../../src/errors.js';

it('LockError.is knows its own, and those of another copy of the package', () => {
  expect(LockError.is(new LockError('ERR_LOCK_HELD', 'm'))).toBe(true);
  expect(LockError.is({ [Symbol.for('lockbridge.LockError')]: true })).toBe(true);
  for (const other of [new Error('m'), {}, null, undefined, 'ERR_LOCK_HELD'])
    expect(LockError.is(other)).toBe(false);
});

it.each(Object.entries(LOCK_ERROR_CODES))('%s has the exit code of its row', (code, { exit }) => {
  expect(new LockError(code as keyof typeof LOCK_ERROR_CODES, 'm').exitCode).toBe(exit);
});

it.each([
  [-2, 'ENOENT', 'ERR_LOCK_PATH', 66],
  [-13, 'EACCES', 'ERR_LOCK_PERMISSION', 66],
  [-28, 'ENOSPC', 'ERR_LOCK_CREATE', 73],
  [-30, 'EROFS', 'ERR_LOCK_CREATE', 73],
  [-24, 'EMFILE', 'ERR_LOCK_SYSTEM', 71],
  [-5, 'EIO', 'ERR_LOCK_SYSTEM', 71],
  [-22, 'EINVAL', 'ERR_LOCK_UNSUPPORTED', 71],
])('errno %i is %s and becomes %s', (result, name, code, exit) => {
  const error = fromErrno(result, 'open', '/x/l');
  expect(error).toMatchObject({ code, errno: -result, syscall: 'open', path: '/x/l' });
  expect(error.exitCode).toBe(exit);
  expect(error.message).toContain(`(open: ${name})`);
  expect(error.message).toContain("'/x/l'");
  expect(error.message).not.toContain('\n');
});

// Node names 95 ENOTSUP and has no name for 37 and 122 (libuv knows fewer errors than Linux).
it.each([
  [95, 'EOPNOTSUPP', 'ERR_LOCK_UNSUPPORTED'],
  [37, 'ENOLCK', 'ERR_LOCK_UNSUPPORTED'],
  [122, 'EDQUOT', 'ERR_LOCK_CREATE'],
])('errno %i (%s) becomes %s although Node names it otherwise', (errno, _name, code) => {
  expect(fromErrno(-errno, 'open', '/x/l').code).toBe(code);
});

it('an argument error says what was expected and what came', () => {
  expect(invalid('mode', 'permission bits', 'a\nb').message).toBe(
    'mode must be permission bits, not "a\\nb"',
  );
});

it('the cause is kept', () => {
  const cause = new Error('why');
  expect(new LockError('ERR_LOCK_ABORTED', 'm', { cause }).cause).toBe(cause);
});
