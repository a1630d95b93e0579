// The package as a user gets it: packed, and installed into an empty directory without scripts.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { childEnvironment, extraCertificates } from '../../../src/env.js';
import { ROOT } from './prebuilds.js';

export interface Packed {
  tarball: string;
  files: string[];
  /** In bytes. */
  size: number;
}

const ENV = { ...childEnvironment(), ...extraCertificates() };
const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** A directory for one test file. */
function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), 'lockbridge-package-'));
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });
  return dir;
}

/** Packs what is built: `dist/` and `prebuilds/` as they are. */
export function pack(): Packed {
  const dir = temporary();
  const args = ['pack', '--json', '--pack-destination', dir, ...QUIET];
  const told = execFileSync('npm', args, { cwd: ROOT, env: ENV, encoding: 'utf8' });
  const [packed] = JSON.parse(told) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  const { filename, size, files } = packed;
  return { tarball: join(dir, filename), size, files: files.map(({ path }) => path) };
}

/** An empty project with the tarball installed, and what the cache of npm does not have fetched. */
export function install({ tarball }: Packed): string {
  const dir = temporary();
  writeFileSync(join(dir, 'package.json'), '{ "type": "module", "private": true }');
  execFileSync('npm', ['install', '--prefer-offline', ...QUIET, tarball], { cwd: dir, env: ENV });
  return dir;
}
