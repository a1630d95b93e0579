// Checks what callers pass: every message names the option, what was expected and what came.

import { invalid } from '../errors.js';
import type { AcquireOptions, WaitOptions } from './types.js';

/** Seconds by which the mtime of a held file is ahead, for peers that judge by age. */
export const AHEAD_SECONDS = 120;

const DIRECTORY_AT_END = /(?:^|\/)\.{0,2}$/;
const LONGEST_DIRECTORY = 2;

/** Refuses what is no lock path: empty, with a NUL, or ending in a directory's name. */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path !== 'string') throw invalid('path', 'a string', typeof path);
  if (path === '') throw invalid('path', 'a file name', path);
  if (path.includes('\0')) throw invalid('path', 'without NUL characters', path);
  // Most names are longer than `..`, and this is said before each try.
  const length = path.length - path.lastIndexOf('/') - 1;
  if (length <= LONGEST_DIRECTORY && DIRECTORY_AT_END.test(path))
    throw invalid('path', 'the name of a file, not of a directory', path);
}

function checkId(name: string, id: unknown): void {
  if (!Number.isInteger(id) || Number(id) < 0 || Number(id) >= 0xffffffff)
    throw invalid(`owner.${name}`, 'an integer from 0 to 4294967294', id);
}

/** Refuses unusable options of one try. */
export function checkOptions(options: AcquireOptions): void {
  const { reason, mode, owner, empty } = options;
  if (reason !== undefined && typeof reason !== 'string')
    throw invalid('reason', 'a string', reason);
  if (mode !== undefined && (!Number.isInteger(mode) || mode < 0 || mode > 0o777))
    throw invalid('mode', 'permission bits from 0 to 0o777', mode);
  if (empty !== undefined && !['held', 'free'].includes(empty))
    throw invalid('empty', "'held' or 'free'", empty);
  if (owner !== undefined) {
    checkId('uid', owner.uid);
    checkId('gid', owner.gid);
  }
}

/** Refuses unusable options of a wait. */
export function checkWaitOptions(options: WaitOptions): void {
  checkOptions(options);
  const { timeout, signal, onBlocked } = options;
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0))
    throw invalid('timeout', 'milliseconds, 0 or more', timeout);
  if (onBlocked !== undefined && typeof onBlocked !== 'function')
    throw invalid('onBlocked', 'a function', typeof onBlocked);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid('signal', 'an AbortSignal', typeof signal);
}
