// Every document of the repository that people write, found, not listed: none can be left out.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, type Block } from './blocks.js';
import { ROOT } from './session.js';

const OF_OTHERS = ['node_modules', 'build', 'dist', 'prebuilds'];
const MADE = 'docs/api'; // by typedoc; api.test.ts compares it

function below(dir: string): string[] {
  return readdirSync(join(ROOT, dir), { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory())
      return entry.name.startsWith('.') || OF_OTHERS.includes(entry.name) || path === MADE
        ? []
        : below(path);
    return entry.isFile() && entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Paths from the repository's root. */
export const DOCUMENTS: readonly string[] = below('');

/** The blocks of every document. */
export const BLOCKS: readonly Block[] = DOCUMENTS.flatMap((file) =>
  blocksOf(file, readFileSync(join(ROOT, file), 'utf8')),
);
