// The completions of fish, a line for each word.

import { kindOfValue } from './bash.js';
import { brief, fishQuoted } from './shell-words.js';
import type { CommandTable, Option, Program } from './types.js';

/** What completion.fish has after its functions. */
export function fishTables(programs: readonly Program[]): string {
  return programs
    .flatMap(({ name, commands }) => [
      ...commands.flatMap((one) => [commandLine(name, one), ...positionalLines(name, one)]),
      ...commands.flatMap((one) => one.options.map((option) => optionLine(name, one, option))),
      `complete -c ${name} -l help -d 'Show help'`,
      `complete -c ${name} -n __lockbridge_first -l version -d 'Show version number'`,
      '',
    ])
    .join('\n');
}

function commandLine(program: string, { name, describe }: CommandTable): string {
  return `complete -c ${program} -n __lockbridge_first -a ${name} -d ${fishQuoted(brief(describe))}`;
}

function positionalLines(program: string, { name, positionals }: CommandTable): string[] {
  const [first] = positionals;
  if (first === undefined) return [];
  const line = `complete -c ${program} -n '__lockbridge_is ${name}'`;
  const { kind, choices = [] } = first;
  if (kind === 'choice') return [`${line} -a ${fishQuoted(choices.join(' '))}`];
  if (kind === 'text') return [];
  const directories = `${line} -a '(__fish_complete_directories)'`;
  if (kind === 'directory') return [directories];
  return [`${line} -a '(__lockbridge_paths)'`];
}

function optionLine(program: string, command: CommandTable, option: Option): string {
  const { name, short, describe, value, choices } = option;
  return [
    `complete -c ${program} -n '__lockbridge_is ${command.name}'`,
    ...(short === undefined ? [] : [`-s ${short}`]),
    `-l ${name}`,
    ...(value === undefined ? [] : [valueOf(option, choices)]),
    `-d ${fishQuoted(brief(describe))}`,
  ].join(' ');
}

function valueOf(option: Option, choices: readonly string[] | undefined): string {
  if (choices !== undefined) return `-x -a ${fishQuoted(choices.join(' '))}`;
  const kind = kindOfValue(option);
  if (kind === 'file') return '-r -F';
  return kind === 'directory' ? "-x -a '(__fish_complete_directories)'" : '-x';
}
