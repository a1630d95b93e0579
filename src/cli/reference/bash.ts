// The tables of the completion script for bash: which words there are, and what each is followed by.

import { quoted } from './shell-words.js';
import type { CommandTable, Kind, Option, Program } from './types.js';

/** The functions that completion.bash asks. */
export function bashTables(programs: readonly Program[]): string {
  const all = programs.flatMap(({ name, commands }) =>
    commands.map((command) => ({ of: `${name} ${command.name}`, command })),
  );
  return [
    ...cases(
      'commands',
      programs.map(({ name, commands }) => [
        name,
        array(
          'commands',
          commands.map((one) => one.name),
        ),
      ]),
    ),
    ...cases(
      'options',
      all.map(({ of, command }) => [
        of,
        array(
          'options',
          command.options.map((one) => `--${one.name}`),
        ),
      ]),
    ),
    ...cases(
      'value',
      all.flatMap(({ of, command }) => valued(of, command)),
      'return 1',
    ),
    ...cases(
      'positional',
      all.flatMap(({ of, command }) => positional(of, command)),
    ),
  ].join('\n');
}

type Case = readonly [pattern: string, does: string];

function cases(name: string, all: readonly Case[], otherwise?: string): string[] {
  return [
    `_lockbridge_${name}() {`,
    '  case $1 in',
    ...all.map(([pattern, does]) => `    ${quoted(pattern)}) ${does} ;;`),
    ...(otherwise === undefined ? [] : [`    *) ${otherwise} ;;`]),
    '  esac',
    '}',
    '',
  ];
}

function array(name: string, words: readonly string[]): string {
  return `${name}=(${words.map(quoted).join(' ')})`;
}

// Both spellings of each option that takes a value.
function valued(of: string, { options }: CommandTable): Case[] {
  return options.flatMap(({ name, short, value, choices }) => {
    if (value === undefined) return [];
    const does =
      choices === undefined ? `kind=${kindOfValue({ name, value })}` : array('choices', choices);
    const spellings = [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
    return spellings.map((spelling): Case => [`${of} ${spelling}`, does]);
  });
}

function positional(of: string, { positionals }: CommandTable): Case[] {
  const [first] = positionals;
  if (first === undefined) return [];
  const { kind, choices = [] } = first;
  if (kind === 'choice') return [[of, array('choices', choices)]];
  return kind === 'text' ? [] : [[of, `kind=${kind}`]];
}

/** What a value of an option is, as completion sees it; '' where nothing can be offered. */
export function kindOfValue({ name, value }: Pick<Option, 'name' | 'value'>): Kind | '' {
  if (value === 'FILE') return 'file';
  return name === 'dir' ? 'directory' : '';
}
