// Checks (or with --fix mends) the format of the C++ files, where clang-format is installed. Without it
// the check is skipped out loud, except in CI.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const files = [
  'native',
  'native/run',
  'test/native/sanitize',
  'test/native/fuzz',
  'bench/c',
].flatMap((dir) =>
  readdirSync(dir)
    .filter((file) => /\.(cc|c|h)$/.test(file))
    .map((file) => `${dir}/${file}`),
);
const how = process.argv.includes('--fix') ? ['-i'] : ['--dry-run', '--Werror'];
const { status, error } = spawnSync('clang-format', [...how, ...files], { stdio: 'inherit' });
if (error !== undefined) console.error('clang-format is not installed: C++ was not checked');
process.exit(error === undefined ? status : process.env.CI ? 1 : 0);
