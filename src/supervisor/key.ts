// Keys of the HTTP API: whoever knows one may ask. The device's lies in a file that only its owner reads.

import { randomBytes } from 'node:crypto';
import { geteuid } from 'node:process';
import { LockError } from '../errors.js';
import { readWhole, saveWhole, whyOf, type Whole } from '../files.js';

const MOST_BYTES = 1024;

/** 32 random bytes as 64 hexadecimal digits. */
export function newKey(): string {
  return randomBytes(32).toString('hex');
}

/**
 * The device's key; made at first. LockError (ERR_TARGET) for a file that others can read or that
 * holds no key (16 to 256 visible characters), which is never replaced.
 */
export function deviceKey(file: string): string {
  const refuse = (why: string, cause?: unknown): LockError =>
    new LockError('ERR_TARGET', `cannot use the key file '${file}': ${why}`, { path: file, cause });
  let whole: Whole | undefined;
  try {
    whole = readWhole(file, MOST_BYTES, false);
    if (whole === undefined) {
      const key = newKey();
      saveWhole(file, `${key}\n`, 0o600);
      return key;
    }
  } catch (error) {
    throw refuse(whyOf(error), error);
  }
  const { uid, mode } = whole.stats;
  if (uid !== 0 && uid !== geteuid?.())
    throw refuse(`it belongs to user ${String(uid)}; make it yours, and put another key in it`);
  if ((mode & 0o077) !== 0)
    throw refuse(`others may read it; chmod 600 it, and put another key in it`);
  const key = whole.text.trim();
  if (/^[\x21-\x7e]{16,256}$/.test(key)) return key;
  throw refuse('it holds no key of 16 to 256 characters; remove it to have one made');
}
