// Parses the command line and runs one command. Returns the exit code; prints one clear line for a
// user's mistake, never a stack trace.

import yargs, { type Argv } from 'yargs';
import { EXIT, LockError } from '../errors.js';
import { packageVersion } from '../version.js';
import { COMMANDS } from './commands.js';
import { complain } from './complain.js';

import type { Command } from './types.js';

// The one that is named, or all, for the help and for whatever is none.
async function load(argv: readonly string[]): Promise<Command[]> {
  const named = Object.hasOwn(COMMANDS, argv[0] ?? '') ? COMMANDS[argv[0] ?? ''] : undefined;
  if (named !== undefined) return [await named()];
  return Promise.all(Object.values(COMMANDS).map(async (one) => one()));
}

const EXIT_CODES = `Exit codes:
   0  done (status: nothing is held)
   1  conflict: held by somebody else, or still held when the time ran out (doctor: a guarantee
      is missing)
  64  usage: an option or a path is not usable
  65  a configuration or target state is not usable
  66  the lock's directory cannot be reached or the file may not be opened
  69  the command cannot be executed, there is no addon for this machine, or no supervisor answers
  71  the system ran out of something, or has no such lock
  73  the lock file cannot be created (read-only, full, name too long)
  77  no key for the supervisor, or one that does not open this
 run ends with the exit code of its command, or 128 + the signal that killed it`;

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
      throw error ?? new LockError('ERR_INVALID_ARGUMENT', message ?? 'unusable arguments');
    })
    .epilogue(EXIT_CODES)
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
    await parserOf(await load(argv), async (command, args) => {
      code = await command.run(args);
    }).parseAsync([...argv]);
    return code;
  } catch (error) {
    return complain(error);
  }
}
