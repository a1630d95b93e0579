// Compiles src/ to dist/ from scratch (no file of a deleted module survives) and makes the bin
// executable, which tsc does not.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
rmSync(join(root, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], {
  stdio: 'inherit',
});
const bin = join(root, 'dist/cli/bin.js');
if (existsSync(bin)) chmodSync(bin, 0o755);
process.exit(status ?? 1);
