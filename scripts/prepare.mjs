// What npm runs after `npm ci` in a clone: the build, unless what is built is newer than all it is made of.
//
// `npx lockbridge` in a clone prepares the clone once more, since npm installs it into npx's cache: for
// minutes and without a word, and whoever ends that is left without a build.

import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = ['native', 'src', 'scripts', 'binding.gyp', 'package.json', 'tsconfig.json'];
const BUILT = [
  'build/Release/lockbridge.node',
  'build/Release/lockbridge-run',
  'dist/bin.cjs',
  'dist/man/lockbridge.1',
  'dist/completions',
];

/** The time of the latest change, of directories too: they tell of files that are gone. */
function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Whether everything is built in that clone, of the sources as they are. */
export function isBuilt(root) {
  const times = BUILT.map((path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs);
  if (times.includes(undefined)) return false;
  return Math.min(...times) >= Math.max(...SOURCES.map((path) => newest(join(root, path))));
}

const self = fileURLToPath(import.meta.url);
if (process.argv[1] !== undefined && resolve(process.argv[1]) === self) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  if (!isBuilt(root))
    process.exitCode =
      spawnSync('npm', ['run', 'build'], { cwd: root, stdio: 'inherit' }).status ?? 1;
}
