// The files of a journal: `journal.jsonl` is written, `.1` is the one before it, `.2` before that.

import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** More than anybody keeps; a reader looks no further. */
export const MOST_KEPT = 99;

/** The file of that age; 0 is the one that is written. */
export function journalFile(dir: string, age: number): string {
  return join(dir, age === 0 ? 'journal.jsonl' : `journal.jsonl.${String(age)}`);
}

/** Makes every file one older and removes what is older than `keep`. Throws Node's own errors. */
export function rotate(dir: string, keep: number): void {
  rmSync(journalFile(dir, keep), { force: true });
  for (let age = keep - 1; age >= 0; age--)
    try {
      renameSync(journalFile(dir, age), journalFile(dir, age + 1));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
}
