// Compiles src/ to dist/ from scratch (no file of a deleted module survives), and bundles the executable.
// The sources of the compiled peers go along: they are built on demand. The supervisor's page is bundled
// from modules that only a browser runs.

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleBin } from './bundle.mjs';
import { bundlePage } from './bundle-page.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
rmSync(join(root, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], {
  stdio: 'inherit',
});
cpSync(join(root, 'src/peers/programs'), join(root, 'dist/peers/programs'), { recursive: true });
await bundlePage(join(root, 'src/supervisor/page'), join(root, 'dist/supervisor/page'));
const bin = join(root, 'dist/cli/bin.js');
if (existsSync(bin)) {
  chmodSync(bin, 0o755);
  await bundleBin(bin);
}
process.exit(status ?? 1);
