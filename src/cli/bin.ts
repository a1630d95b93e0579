#!/usr/bin/env node
// The executable: turns the exit code of a command into the process's. Bundled with all that a plain
// command line needs it is dist/bin.cjs, which is what users run: Node takes longer to find and link
// fifty modules than to run them.

import { handOver } from './hand-over.js';
import { plain } from './plain.js';
import { guardedStdout } from './print.js';

async function run(argv: readonly string[]): Promise<number> {
  await handOver(argv);
  const code = await plain(argv);
  if (code !== undefined) return code;
  guardedStdout();
  return (await import('./main.js')).main(argv);
}

void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
