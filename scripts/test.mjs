// All tests: vitest, then Python's, whatever the first said; fails if either does.
//
//   npm test -- [--python-junit=DIR] [flags of vitest]
//
// With the name of a file or a pattern it is that part of vitest's tests that is meant, and only they
// run.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VITEST = join(
  dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
  'vitest.mjs',
);
const PYTHON = fileURLToPath(new URL('python-tests.mjs', import.meta.url));
const JUNIT = '--python-junit=';

const args = process.argv.slice(2);
const ours = args.filter((arg) => arg.startsWith(JUNIT));
const theirs = args.filter((arg) => !arg.startsWith(JUNIT));

function run(file, ...rest) {
  return spawnSync(process.execPath, [file, ...rest], { stdio: 'inherit' }).status ?? 1;
}

const codes = [run(VITEST, 'run', ...theirs)];
if (theirs.every((arg) => arg.startsWith('-')))
  codes.push(run(PYTHON, ...ours.map((arg) => `--junit=${arg.slice(JUNIT.length)}`)));
process.exitCode = Math.max(...codes);
