// Command lines without a single option: nothing is left for a parser to decide, so yargs, which takes
// longer to load than Node itself, is not loaded for them.
//
// Guarantee: what is taken here means exactly what yargs would make of it (a test compares both);
// whatever has a word that begins with a dash before `--`, or is unusual in any other way, is
// left to yargs, and so is every mistake.

import { EXIT } from '../errors.js';
import { packageVersion } from '../version.js';
import { complain } from './complain.js';
import { print } from './print.js';
import type { Command } from './types.js';

const PLAIN: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.js')).runCommand,
  status: async () => (await import('./status.js')).statusCommand,
  wait: async () => (await import('./wait.js')).waitCommand,
};

// yargs takes a last word `help` for the option.
const special = (word: string): boolean => word === '' || word.startsWith('-') || word === 'help';

/** What yargs would give the command; undefined unless that is plain. */
export function plainArguments(argv: readonly string[]): Record<string, unknown> | undefined {
  const [name, ...words] = argv;
  const end = words.indexOf('--');
  const path = end === -1 ? words : words.slice(0, end);
  const known = Object.hasOwn(PLAIN, name ?? '');
  if (!known || path.length === 0 || path.some(special)) return undefined;
  const command = end === -1 ? [] : words.slice(end + 1);
  return {
    path,
    json: false,
    ...(name === 'run' && { 'conflict-exit-code': EXIT.conflict }),
    ...(command.length > 0 && { '--': command }),
  };
}

/** Runs a plain command line and gives its exit code; undefined if it is none. */
export async function plain(argv: readonly string[]): Promise<number | undefined> {
  if (argv.length === 1 && argv[0] === '--version') {
    print(`${packageVersion()}\n`);
    return EXIT.ok;
  }
  // What completion scripts ask at each Tab; the prefix may begin with a dash, or be empty.
  if (argv[0] === 'completion' && argv[1] === 'locks' && argv.length === 3)
    return (await import('./completion.js')).completionCommand.run({
      what: 'locks',
      prefix: argv[2],
    });
  const args = plainArguments(argv);
  const command = PLAIN[argv[0] ?? ''];
  if (args === undefined || command === undefined) return undefined;
  try {
    return await (await command()).run(args);
  } catch (error) {
    return complain(error);
  }
}
