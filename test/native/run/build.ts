// Builds what lockbridge-run is made of in other ways than `npm run build:native` does: with
// sanitizers, without shared libraries, and as a program that is given vectors.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const VECTORS = fileURLToPath(new URL('vectors.cc', import.meta.url));
// The lock code that it shares with the addon.
const SHARED: readonly string[] = [
  ...['path', 'lockfile', 'adopt', 'release', 'parent'],
  ...['probe', 'procfs', 'parse', 'lineage', 'watcher', 'watcher_ask', 'walk', 'looks', 'crew'],
];
const FLAGS: readonly string[] = [
  ...['-std=c++17', '-O0', '-g', '-fno-rtti', '-fno-exceptions', '-D_GNU_SOURCE'],
  ...['-D_FILE_OFFSET_BITS=64', '-DLOCKBRIDGE_VERSION="test"'],
  '-fno-sanitize-recover=all',
];
// It stands in for the exceptions of a library that is linked in; a shared one has its own.
const STATIC_ONLY = 'abort.cc';

function compile(cwd: string, ...args: string[]): void {
  const { status, stderr } = spawnSync('g++', args, { cwd, encoding: 'utf8', timeout: 280_000 });
  if (status !== 0) throw new Error(`it does not build: ${stderr}`);
}

const objects = (dir: string): string[] =>
  readdirSync(dir)
    .filter((file) => file.endsWith('.o'))
    .map((file) => join(dir, file));

/** With sanitizers: lockbridge-run itself, and vectors.cc, which has a main function of its own. */
export function buildSanitized(
  dir: string,
  sanitizer: 'address,undefined' | 'thread',
): { run: string; vectors: string } {
  const flags = [...FLAGS, `-fsanitize=${sanitizer}`];
  const own = readdirSync(join(ROOT, 'native/run'))
    .filter((file) => file.endsWith('.cc') && file !== STATIC_ONLY)
    .map((file) => join(ROOT, 'native/run', file));
  const shared = SHARED.map((name) => join(ROOT, `native/${name}.cc`));
  compile(dir, ...flags, '-c', ...own, ...shared, VECTORS);
  const made = { run: join(dir, 'lockbridge-run'), vectors: join(dir, 'vectors') };
  const without = (main: string): string[] => objects(dir).filter((file) => !file.endsWith(main));
  compile(dir, ...flags, ...without('/vectors.o'), '-o', made.run);
  compile(dir, ...flags, ...without('/main.o'), '-o', made.vectors);
  return made;
}

/** The objects of `npm run build:native`, linked without any shared library. */
export function linkStatic(to: string): string {
  const built = join(ROOT, 'build/Release/obj.target/lockbridge-run/native');
  const parts = [...objects(built), ...objects(join(built, 'run'))];
  compile(ROOT, '-Os', '-flto=auto', '-static', '-s', '-Wl,--gc-sections', ...parts, '-o', to);
  return to;
}

/** A directory for the programs of one test file. */
export function programsDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'lockbridge-run-'));
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });
  return dir;
}
