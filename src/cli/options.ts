// Options that several commands share, and the checks that yargs does not make.

import type { Argv } from 'yargs';
import { invalid } from '../errors.js';
import type { EmptyPolicy } from '../lock/types.js';

export function commonOptions(y: Argv): Argv {
  return y
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
    .option('empty', {
      choices: ['held', 'free'] as const,
      describe:
        'What an empty unlocked file of unknown origin is; free: only kernel lockers live here',
    });
}

export function waitOption(y: Argv): Argv {
  return y.option('wait', {
    alias: 'w',
    type: 'string',
    requiresArg: true,
    describe: 'Give up after so many SECONDS (fractions allowed)',
  });
}

/** `--empty`, absent unless given. */
export function emptyOf(args: Record<string, unknown>): { empty?: EmptyPolicy } {
  const empty = args['empty'];
  return empty === 'held' || empty === 'free' ? { empty } : {};
}

/** `--wait` in milliseconds, absent unless given. */
export function timeoutOf(args: Record<string, unknown>): { timeout?: number } {
  const text = args['wait'];
  if (text === undefined) return {};
  const seconds = typeof text === 'string' && text.trim() !== '' ? Number(text) : NaN;
  if (!(seconds >= 0 && seconds < 1e12)) throw invalid('--wait', 'seconds, 0 or more', text);
  return { timeout: seconds * 1000 };
}

export function pathsOf(args: Record<string, unknown>): string[] {
  const value = args['path'];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map(String);
}
