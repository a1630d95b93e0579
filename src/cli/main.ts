// Parses the command line and runs one command. Returns the exit code; prints one clear line for a
// user's mistake, never a stack trace.

import yargs from 'yargs';
import { EXIT, LockError } from '../errors.js';
import { breakCommand } from './break.js';
import { doctorCommand } from './doctor.js';
import { explainCommand } from './explain.js';
import { lsCommand } from './ls.js';
import { matrixCommand } from './matrix.js';
import { complain } from './output.js';
import { peersCommand } from './peers.js';
import { runCommand } from './run.js';
import { statusCommand } from './status.js';
import { sweepCommand } from './sweep.js';
import type { Command } from './types.js';
import { waitCommand } from './wait.js';
import { watchCommand } from './watch.js';

const COMMANDS: readonly Command[] = [
  runCommand,
  statusCommand,
  explainCommand,
  lsCommand,
  watchCommand,
  waitCommand,
  breakCommand,
  sweepCommand,
  doctorCommand,
  matrixCommand,
  peersCommand,
];

const EXIT_CODES = `Exit codes:
   0  done (status: nothing is held)
   1  conflict: held by somebody else, or still held when the time ran out (doctor: a guarantee
      is missing)
  64  usage: an option or a path is not usable
  66  the lock's directory cannot be reached or the file may not be opened
  69  the command cannot be executed, or there is no addon for this machine
  71  the system ran out of something, or has no such lock
  73  the lock file cannot be created (read-only, full, name too long)
 run ends with the exit code of its command, or 128 + the signal that killed it`;

/** Runs `lockbridge` with these arguments. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
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
    .version()
    .wrap(100);
  for (const { command, describe, builder, run } of COMMANDS)
    parser.command(command, describe, builder, async (args) => {
      code = await run(args);
    });
  try {
    await parser.parseAsync([...argv]);
    return code;
  } catch (error) {
    return complain(error);
  }
}
