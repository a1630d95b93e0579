// lockbridge help [COMMAND | exit-codes]: the help of a command, or what the exit codes mean.

import { EXIT } from '../errors.js';
import { COMMANDS } from './commands.js';
import { exitCodes, exitCodesInFull } from './exit-codes.js';
import { printJson } from './output.js';
import { print } from './print.js';
import { lockbridge, tableOf } from './reference/tables.js';
import type { Command } from './types.js';

const EXIT_CODES = 'exit-codes';
const ALL = 'commands';

export const helpCommand: Command = {
  command: 'help [topic]',
  describe:
    'Show the help of a command, or `exit-codes`: what each says, and which errors end in it',
  builder: (y) =>
    y
      .positional('topic', {
        choices: [EXIT_CODES, ALL, ...Object.keys(COMMANDS)],
        default: ALL,
        describe: 'A command, or exit-codes',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
      .example('$0 help exit-codes', 'every exit code, with the errors that end in it')
      .example('$0 help run', 'as `lockbridge run --help`')
      .example('$0 help --json', 'all commands and options, for a program'),
  run: async ({ topic, json }) => {
    if (topic === EXIT_CODES) {
      if (json === true) printJson(exitCodes());
      else print(`${exitCodesInFull()}\n`);
    } else printJson(await described(String(topic)));
    return EXIT.ok;
  },
};

async function described(name: string): Promise<unknown> {
  const load = COMMANDS[name];
  return load === undefined ? (await lockbridge()).commands : tableOf(name, await load());
}

/** `help` and `help COMMAND` as the option that the parser answers; everything else as it is. */
export function asOption(argv: readonly string[]): readonly string[] {
  const [first, topic, ...rest] = argv;
  if (first !== 'help') return argv;
  // A last word `help` means the option to yargs, so the command never stands alone.
  if (topic?.startsWith('-') === true) return asOption(['help', ALL, topic, ...rest]);
  if (rest.length > 0) return argv;
  if (topic === undefined || topic === ALL) return ['--help'];
  return Object.hasOwn(COMMANDS, topic) ? [topic, '--help'] : argv;
}
