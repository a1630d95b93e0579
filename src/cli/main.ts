// Parses the command line and runs one command. Returns the exit code; prints one clear line for a
// user's mistake, never a stack trace.

import yargs, { type Argv } from 'yargs';
import { EXIT, LockError } from '../errors.js';
import { printable } from '../printable.js';
import { nearest } from '../supervisor/target/nearest.js';
import { packageVersion } from '../version.js';
import { COMMANDS } from './commands.js';
import { complain } from './complain.js';
import { exitCodesText } from './exit-codes.js';
import { asOption } from './help.js';
import type { Command } from './types.js';

// What yargs says where a path is missing, with how the one command that was named is called.
const TOO_FEW = /^Not enough non-option arguments: .*$/;

function unknown(name: string): LockError {
  const meant = nearest(name, Object.keys(COMMANDS));
  const hint = meant === undefined ? '' : `; did you mean '${meant}'?`;
  return new LockError(
    'ERR_INVALID_ARGUMENT',
    `there is no command '${printable(name, 64)}'${hint}`,
  );
}

// The one that is named, or all, for the help and for whatever is none.
async function load(argv: readonly string[]): Promise<Command[]> {
  const named = Object.hasOwn(COMMANDS, argv[0] ?? '') ? COMMANDS[argv[0] ?? ''] : undefined;
  if (named !== undefined) return [await named()];
  return Promise.all(Object.values(COMMANDS).map(async (one) => one()));
}

/** The parser of these commands; `ran` gets what it made of a command line. */
export function parserOf(
  commands: readonly Command[],
  ran: (command: Command, args: Record<string, unknown>) => Promise<void>,
): Argv {
  const parser = yargs()
    .scriptName('lockbridge')
    .usage('$0 COMMAND\n\nOne lock that flock, lockfile, Python and npm lockers all see.')
    .parserConfiguration({ 'populate--': true, 'parse-positional-numbers': false })
    .strict()
    .demandCommand(1, 'a command is needed')
    .exitProcess(false)
    .fail((message: string | undefined, error: Error | undefined) => {
      const usage = commands.map((one) => `lockbridge ${one.command}`).join(' | ');
      const line = message
        ?.replaceAll(/\s*\n\s*/g, ' ') // of choices it makes two lines
        .replace(TOO_FEW, `not enough arguments: it is ${usage}`);
      throw error ?? new LockError('ERR_INVALID_ARGUMENT', line ?? 'unusable arguments');
    })
    .epilogue(exitCodesText())
    .version(packageVersion())
    .wrap(100);
  for (const one of commands)
    parser.command(one.command, one.describe, one.builder, async (args) => ran(one, args));
  return parser;
}

/** Runs `lockbridge` with these arguments. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  try {
    const words = asOption(argv);
    const [first = '-'] = words;
    if (!first.startsWith('-') && !Object.hasOwn(COMMANDS, first)) throw unknown(first);
    await parserOf(await load(words), async (command, args) => {
      code = await command.run(args);
    }).parseAsync([...words]);
    return code;
  } catch (error) {
    return complain(error);
  }
}
