// The program of sanitizers.test.ts under valgrind, which sees what a sanitizer's build cannot: memory
// used before it was set, and what libraries do that were not built for it. Each tool is first shown
// to find what it is for.
//
// valgrind runs one thread at a time and lets go of that right around calls that it knows to block.
// It does not know F_OFD_SETLKW (3.19): a thread waiting in it would stop the one that holds the
// lock. Nor does it know pidfd_open. So only flock is waited for here, and no process's end (`known`).
// helgrind is of no use: it takes every std::atomic for a race.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, vi } from 'vitest';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { BASES, scratch } from '../helpers/scratch.js';
import { buildThreads, entriesOf, programs, run, type Ran } from './sanitize/program.js';

const missing = lacksCommand('valgrind');
const program = join(programs(), 'threads');
const SUPPRESSED = fileURLToPath(new URL('sanitize/drd.supp', import.meta.url));
const FOUND = 99;
vi.setConfig({ testTimeout: 120_000 });

beforeAll(() => {
  buildThreads([], program);
}, 180_000);

describe.each([
  ['memcheck', ['--leak-check=full'], ['overflow', 'uninitialised', 'leak']],
  ['drd', ['--check-stack-var=yes', `--suppressions=${SUPPRESSED}`], ['race']],
] as const)('under %s', (tool, options, faults) => {
  // Fair, or a thread that spins keeps all the others from running.
  const fixed = ['-q', '--fair-sched=yes', `--error-exitcode=${String(FOUND)}`];
  const threads = (...args: string[]): Ran =>
    run('valgrind', `--tool=${tool}`, ...fixed, ...options, program, ...args);

  for (const fault of faults)
    itWith(missing, `a fault is found: ${fault}`, () => {
      expect(threads(scratch(), '1', 'known', fault).code).toBe(FOUND);
    });

  for (const base of BASES)
    itWith(missing, `locks, waits and watches of many threads have none, in ${base}`, () => {
      const dir = scratch(base);
      const { code, out, err } = threads(dir, '300', 'known');
      expect(err).toBe('');
      expect(code).toBe(0);
      expect(entriesOf(out)).toBeGreaterThan(100);
      expect(readdirSync(dir)).toEqual([]);
    });
});
