// The commands of `lockbridge` as data, by letting each command describe itself to a listener instead
// of to yargs: so that what is generated is what `--help` says.
//
// Guarantee: a command that says something in a way this does not know throws here, at build time,
// instead of missing from a page.

import type { Argv, Options, PositionalOptions } from 'yargs';
import { COMMANDS } from '../commands.js';
import type { Command } from '../types.js';
import type { CommandTable, Example, Kind, Option, Positional, Program } from './types.js';

/** Every command, in the order of the help. */
export async function lockbridge(): Promise<Program> {
  const commands = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => tableOf(name, await load())),
  );
  return { name: 'lockbridge', commands };
}

/** One command. */
export function tableOf(name: string, command: Command): CommandTable {
  const heard = listen(command);
  const positionals = [...command.command.matchAll(/([<[])([\w-]+)(\.\.)?[\]>]/g)].map(
    ([, bracket, word = '', many]): Positional => {
      const { describe = '', choices } = heard.positionals.get(word) ?? {};
      return {
        name: word,
        describe,
        kind: choices === undefined ? kindOf(word, describe) : 'choice',
        ...(choices !== undefined && { choices: choices.map(String) }),
        required: bracket === '<',
        many: many !== undefined,
      };
    },
  );
  return {
    name,
    describe: command.describe,
    positionals,
    options: [...heard.options].map(([option, said]) => optionOf(option, said)),
    examples: heard.examples,
    executes: name === 'run',
  };
}

interface Heard {
  readonly positionals: Map<string, PositionalOptions>;
  readonly options: Map<string, Options>;
  readonly examples: Example[];
}

function listen(command: Command): Heard {
  const heard: Heard = { positionals: new Map(), options: new Map(), examples: [] };
  const listener = {
    option: (name: string, said: Options) => (heard.options.set(name, said), listener),
    positional: (name: string, said: PositionalOptions) => (
      heard.positionals.set(name, said),
      listener
    ),
    example: (line: string, describe: string) => (
      heard.examples.push({ line: line.replace('$0', 'lockbridge'), describe }),
      listener
    ),
    conflicts: () => listener,
  };
  command.builder(listener as unknown as Argv);
  return heard;
}

function optionOf(name: string, said: Options): Option {
  const { alias, type, choices, describe = '' } = said;
  const value: unknown = said.default;
  const negated = type === 'boolean' && value === true;
  return {
    name: negated ? `no-${name}` : name,
    ...(typeof alias === 'string' && { short: alias }),
    describe,
    ...(type !== 'boolean' && { value: valueOf(name, describe, choices) }),
    ...(choices !== undefined && { choices: choices.map(String) }),
    ...((typeof value === 'string' || typeof value === 'number') && { default: String(value) }),
    ...(negated && { negated }),
    ...(said.array === true || type === 'array' ? { repeatable: true as const } : {}),
  };
}

// The word in capitals that the description uses for the value, or the last of the option's name.
function valueOf(name: string, describe: string, choices: Options['choices']): string {
  if (choices !== undefined && choices.length <= 3) return choices.join('|');
  const said = /(?<![\w:/])(?:SECONDS|FILE)\b/.exec(describe)?.[0];
  return said ?? (name.split('-').at(-1) ?? name).toUpperCase();
}

function kindOf(name: string, describe: string): Kind {
  if (name === 'path') return 'lock';
  if (name !== 'dir') return 'text';
  return describe.startsWith('Lock files') ? 'lock-or-directory' : 'directory';
}
