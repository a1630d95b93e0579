// Compiles src/ to dist/ from scratch (no file of a deleted module survives), and bundles the executable.
// The sources of the compiled peers go along: they are built on demand. The supervisor's page is bundled
// from modules that only a browser runs. Then the manual pages and the completion scripts, which the
// compiled tables of the commands are asked for.

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
// Beside bin.cjs, so that it knows where the package is.
cpSync(join(root, 'native/run/launcher.sh'), join(root, 'dist/lockbridge-run'));
await bundlePage(join(root, 'src/supervisor/page'), join(root, 'dist/supervisor/page'));
const bin = join(root, 'dist/cli/bin.js');
if (existsSync(bin)) {
  chmodSync(bin, 0o755);
  await bundleBin(bin);
  const { writeReferences } = await import('../dist/cli/reference/write.js');
  await writeReferences(root);
}
process.exit(status ?? 1);
