// docs/api/ is what the doc comments say: made anew, it is the same.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { scratch } from '../helpers/scratch.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TYPEDOC = join(
  dirname(createRequire(import.meta.url).resolve('typedoc/package.json')),
  'bin/typedoc',
);

function pages(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.md'),
  );
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(dir, file), 'utf8')]));
}

// A public name without a doc comment is an error of typedoc's, by typedoc.json.
it('the API reference is up to date, and every public name has a doc comment', () => {
  const out = join(scratch(), 'api');
  execFileSync(process.execPath, [TYPEDOC, '--out', out, '--logLevel', 'Warn'], {
    cwd: ROOT,
    stdio: 'pipe',
  });
  const made = pages(out);
  expect(Object.keys(made)).toContain('lockbridge.md');
  expect(pages(join(ROOT, 'docs/api')), 'npm run docs:api makes it anew').toEqual(made);
}, 120_000);
