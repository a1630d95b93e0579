// The addon's code in a program of its own, built with a sanitizer and used from six threads at once.
// Each sanitizer is first shown to find what it is for.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BASES, scratch } from '../helpers/scratch.js';
import { buildThreads, entriesOf, programs, run, type Ran } from './sanitize/program.js';

const bin = programs();

describe.each([
  [
    'address,undefined',
    ['overflow', 'undefined', 'leak'],
    /heap-buffer-overflow|runtime error|LeakSanitizer/,
  ],
  ['thread', ['race'], /data race/],
] as const)('with -fsanitize=%s', (sanitizer, faults, report) => {
  const program = join(bin, sanitizer);
  beforeAll(() => {
    buildThreads([`-fsanitize=${sanitizer}`, '-fno-sanitize-recover=all'], program);
  }, 180_000);

  // ThreadSanitizer wants the address space where it expects it.
  const threads = (...args: string[]): Ran => run('setarch', '-R', program, ...args);

  it.each(faults)('a fault is found: %s', (fault) => {
    const { code, err } = threads(scratch(), '1', 'all', fault);
    expect(err).toMatch(report);
    expect(code).not.toBe(0);
  });

  it.each(BASES)(
    'locks, waits and watches of many threads have none, in %s',
    (base) => {
      const dir = scratch(base);
      const { code, out, err } = threads(dir, '3000', 'all');
      expect(err).toBe('');
      expect(code).toBe(0);
      expect(entriesOf(out)).toBeGreaterThan(1000);
      expect(out).toMatch(/ends [1-9]/);
      expect(readdirSync(dir)).toEqual([]);
    },
    120_000,
  );
});
