// Tests run in processes of their own (forks), so that descriptors, signals and locks are theirs.

import { defineConfig } from 'vitest/config';
import { SecondTries } from './test/helpers/second-try.js';

const report = process.env['LOCKBRIDGE_TEST_REPORT'];

function json(outputFile: string): ['json', { outputFile: string }] {
  return ['json', { outputFile }];
}

export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/helpers/setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', new SecondTries(), ...(report ? [json(report)] : [])],
    // Real processes under the load of all other tests: where a run decides what lands, a test that
    // fails is asked once more, and named. Elsewhere it fails.
    retry: process.env['CI'] === 'true' ? 1 : 0,
  },
});
