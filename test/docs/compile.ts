// The TypeScript of a document, compiled as a user's would be who has lockbridge installed.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { ROOT } from './session.js';

const OPTIONS = {
  strict: true,
  module: 'nodenext',
  target: 'es2023',
  types: ['node'],
  skipLibCheck: true,
  outDir: 'out',
};

/**
 * JavaScript of a program that imports lockbridge by its name, or files of `beside`, a directory, by
 * theirs. Fails with what the compiler says.
 */
export function compiled(source: string, beside?: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'lockbridge-compile-'));
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(ROOT, join(dir, 'node_modules/lockbridge'));
  symlinkSync(join(ROOT, 'node_modules/@types'), join(dir, 'node_modules/@types'));
  mkdirSync(join(dir, 'src'));
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  writeFileSync(join(dir, 'src/program.ts'), source);
  const rootDirs = ['src', ...(beside === undefined ? [] : [beside])];
  const project = {
    compilerOptions: { ...OPTIONS, rootDirs, rootDir: '/' },
    files: ['src/program.ts'],
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(project));
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8' });
  expect(stdout).toBe('');
  return readFileSync(join(dir, 'out', dir, 'src/program.js'), 'utf8');
}
