// Command lines without an option but `--json`: nothing is left for a parser to decide, so yargs, which
// takes longer to load than Node itself, is not loaded for them.
//
// Guarantee: what is taken here means exactly what yargs would make of it (a test compares both);
// whatever has another word that begins with a dash before `--`, or is unusual in any other way, is
// left to yargs, and so is every mistake.

import { EXIT } from '../errors.js';
import { packageVersion } from '../version.js';
import { complain } from './complain.js';
import { print } from './print.js';
import type { Command } from './types.js';

interface Plain {
  load: () => Promise<Command>;
  /** What it calls its words, and how many it wants at least. */
  words: 'path' | 'dir';
  least: number;
  /** What yargs fills in. */
  defaults?: Readonly<Record<string, unknown>>;
}

const PLAIN: Readonly<Record<string, Plain>> = {
  run: {
    load: async () => (await import('./run.js')).runCommand,
    words: 'path',
    least: 1,
    defaults: { 'conflict-exit-code': EXIT.conflict },
  },
  status: {
    load: async () => (await import('./status.js')).statusCommand,
    words: 'path',
    least: 1,
  },
  wait: { load: async () => (await import('./wait.js')).waitCommand, words: 'path', least: 1 },
  ls: {
    load: async () => (await import('./ls.js')).lsCommand,
    words: 'dir',
    least: 0,
    defaults: { sort: 'path', reverse: false, all: false },
  },
};

// yargs takes a last word `help` for the option, and `true` or `false` after one for its value.
const SPECIAL: readonly string[] = ['', 'help', 'true', 'false'];

/** Whether yargs may take the word for something else than a path. */
export function isSpecial(word: string): boolean {
  return word.startsWith('-') || SPECIAL.includes(word);
}

/** What yargs would give the command; undefined unless that is plain. */
export function plainArguments(argv: readonly string[]): Record<string, unknown> | undefined {
  const [name, ...words] = argv;
  const how = Object.hasOwn(PLAIN, name ?? '') ? PLAIN[name ?? ''] : undefined;
  if (how === undefined) return undefined;
  const end = words.indexOf('--');
  const before = end === -1 ? words : words.slice(0, end);
  const command = end === -1 ? [] : words.slice(end + 1);
  const given = before.filter((word) => word !== '--json');
  if (given.length < how.least || given.some(isSpecial)) return undefined;
  return {
    [how.words]: given,
    json: given.length < before.length,
    ...how.defaults,
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
    return await (await command.load()).run(args);
  } catch (error) {
    return complain(error);
  }
}
