// The programs in the README: the TypeScript is checked by the compiler, and both are run.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { blocksOf } from './blocks.js';
import { ROOT, run } from './session.js';

const blocks = blocksOf('README.md', readFileSync(join(ROOT, 'README.md'), 'utf8'));
const root = process.getuid?.() === 0 ? undefined : 'a mount namespace of its own needs root';

function only(language: string): string {
  const found = blocks.filter((block) => block.language === language);
  expect(found).toHaveLength(1);
  return found[0]?.lines.join('\n') ?? '';
}

/** JavaScript of a program that imports lockbridge by its name. Fails with what the compiler says. */
function compiled(source: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'lockbridge-readme-'));
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(ROOT, join(dir, 'node_modules/lockbridge'));
  symlinkSync(join(ROOT, 'node_modules/@types'), join(dir, 'node_modules/@types'));
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  writeFileSync(join(dir, 'readme.ts'), source);
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const options = [
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
    '--skipLibCheck',
  ];
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, '--outDir', dir, 'readme.ts'], {
    cwd: dir,
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  return readFileSync(join(dir, 'readme.js'), 'utf8');
}

itWith(root, 'the TypeScript of the README is sound, takes the lock and lets go', async () => {
  const program = compiled(`${only('ts')}\nasync function flash(): Promise<void> {}\n`);
  const { outputs } = await run(
    [
      `mkdir node_modules && ln -s '${ROOT}' node_modules/lockbridge`,
      `'${process.execPath}' readme.js`,
      'ls /tmp/balena',
    ],
    undefined,
    { 'readme.js': program, 'package.json': '{"type":"module"}' },
  );
  expect(outputs).toEqual(['', '{ existence: true, flock: true, ofd: true } unlinked\n', '']);
});

const python = root ?? lacksCommand('python3');

itWith(python, 'the Python of the README takes the lock twice and lets go', async () => {
  const program = `def flash():\n    import os\n    print(os.listdir("/tmp/balena"))\n\n${only('python')}\n`;
  const { outputs } = await run(
    [`PYTHONPATH='${ROOT}/python-compat/src' python3 -B readme.py`, 'ls /tmp/balena'],
    undefined,
    { 'readme.py': program },
  );
  expect(outputs).toEqual(["['updates.lock']\n['updates.lock']\n", '']);
});
