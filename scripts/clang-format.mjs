// Checks (or with --fix mends) the format of native/, where clang-format is installed. Without it
// the check is skipped out loud, except in CI.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const files = readdirSync('native').map((file) => `native/${file}`);
const how = process.argv.includes('--fix') ? ['-i'] : ['--dry-run', '--Werror'];
const { status, error } = spawnSync('clang-format', [...how, ...files], { stdio: 'inherit' });
if (error !== undefined) console.error('clang-format is not installed: native/ was not checked');
process.exit(error === undefined ? status : process.env.CI ? 1 : 0);
