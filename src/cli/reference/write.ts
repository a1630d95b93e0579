// Writes the manual pages and the completion scripts; a step of the build.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageVersion } from '../../version.js';
import { bashTables } from './bash.js';
import { fishTables } from './fish.js';
import { lockbridgePage, lockbridgeRunPage } from './man.js';
import { helpIn, runHelp } from './run-help.js';
import { lockbridge } from './tables.js';
import { zshTables } from './zsh.js';

const read = (...path: readonly string[]): string => readFileSync(join(...path), 'utf8');

/** The files by their names below `dist/`, made from the sources below `root`. */
export async function references(root: string): Promise<Record<string, string>> {
  const ours = await lockbridge();
  const run = runHelp(helpIn(read(root, 'native/run/commands.cc')));
  const edition = { version: packageVersion() };
  const both = [ours, run.program];
  const shell = (name: string): string =>
    read(root, 'src/cli/reference/shells', `completion.${name}`);
  return {
    'man/lockbridge.1': lockbridgePage(ours, edition),
    'man/lockbridge-run.1': lockbridgeRunPage(run, edition),
    'completions/lockbridge.bash': `${shell('bash')}\n${bashTables(both)}`,
    'completions/lockbridge.zsh': shell('zsh').replace(
      '\n_lockbridge() {',
      () => `\n${zshTables(both)}\n_lockbridge() {`,
    ),
    'completions/lockbridge.fish': `${shell('fish')}\n${fishTables(both)}`,
  };
}

/** Writes them below `root`/dist. */
export async function writeReferences(root: string): Promise<void> {
  for (const [name, text] of Object.entries(await references(root))) {
    const file = join(root, 'dist', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
