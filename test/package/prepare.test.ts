// A clone is built once: what is newer than its sources is not built again.

import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { isBuilt } from '../../scripts/prepare.mjs';
import { scratch } from '../helpers/scratch.js';

const SOURCES = ['native/run/main.cc', 'src/cli/bin.ts', 'scripts/build-ts.mjs'];
const FILES = ['binding.gyp', 'package.json', 'tsconfig.json'];
const BUILT = [
  'build/Release/lockbridge.node',
  'build/Release/lockbridge-run',
  'dist/bin.cjs',
  'dist/man/lockbridge.1',
  'dist/completions/lockbridge.bash',
];

/** A clone whose files are of those times, in seconds. */
function clone(sources: number, built: number): string {
  const root = scratch();
  const put = (path: string, time: number): void => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    for (let at = file; at !== root; at = dirname(at)) utimesSync(at, time, time);
  };
  for (const path of [...SOURCES, ...FILES]) put(path, sources);
  for (const path of BUILT) put(path, built);
  return root;
}

it('what was built after its sources is built', () => {
  expect(isBuilt(clone(1000, 2000))).toBe(true);
  expect(isBuilt(clone(2000, 1000))).toBe(false);
});

it.each(BUILT)('it is not without %s', (path) => {
  const root = clone(1000, 2000);
  rmSync(join(root, path.replace(/\/lockbridge.bash$/, '')), { recursive: true });
  expect(isBuilt(root)).toBe(false);
});

it.each([...SOURCES, ...FILES, 'src'])('nor once %s has changed', (path) => {
  const root = clone(1000, 2000);
  utimesSync(join(root, path), 3000, 3000);
  expect(isBuilt(root)).toBe(false);
});
