// The package as its consumers load it.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function evaluate(...args: string[]): string {
  const done = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  return done.stdout + done.stderr;
}

it('is loaded by import, by its own name', () => {
  const script = "import { acquire } from 'lockbridge'; console.log(typeof acquire)";
  expect(evaluate('--input-type=module', '-e', script)).toBe('function\n');
});

it('is loaded by require', () => {
  const script = "console.log(typeof require('lockbridge').acquire)";
  expect(evaluate('--no-warnings', '--input-type=commonjs', '-e', script)).toBe('function\n');
});

it('is loaded by several worker threads at once', () => {
  const dir = mkdtempSync(join(tmpdir(), 'lockbridge-load-'));
  const worker = `
    import { Worker } from 'node:worker_threads';
    const inside = "import { workerData } from 'node:worker_threads';" +
      "import { acquireSync } from 'lockbridge'; acquireSync(workerData).releaseSync()";
    const ends = ['a', 'b', 'c'].map((name) => new Promise((resolve) => {
      new Worker(inside, { eval: true, workerData: process.argv[1] + '/' + name })
        .on('exit', resolve).on('error', console.error);
    }));
    console.log((await Promise.all(ends)).join());
  `;
  expect(evaluate('--input-type=module', '-e', worker, dir)).toBe('0,0,0\n');
  rmSync(dir, { recursive: true });
});
