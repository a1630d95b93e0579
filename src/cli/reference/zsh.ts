// The tables of the completion script for zsh, in the words of its _describe and _arguments.

import { kindOfValue } from './bash.js';
import { brief, quoted } from './shell-words.js';
import type { CommandTable, Kind, Option, Positional, Program } from './types.js';

const ACTION: Readonly<Record<Exclude<Kind, 'choice'>, string>> = {
  lock: '_lockbridge_locks',
  'lock-or-directory': '_lockbridge_locks',
  directory: '_directories',
  file: '_files',
  text: '',
};

/** The functions that completion.zsh asks. */
export function zshTables(programs: readonly Program[]): string {
  return [
    '_lockbridge_commands() {',
    '  case $1 in',
    ...programs.map(({ name, commands }) => {
      const words = commands.map((one) => quoted(`${one.name}:${brief(one.describe)}`));
      return `    ${name}) names=(${words.join(' ')}) ;;`;
    }),
    '  esac',
    '}',
    '',
    '_lockbridge_arguments() {',
    '  case $1 in',
    ...programs.flatMap(({ name, commands }) =>
      commands.map(
        (one) => `    ${quoted(`${name} ${one.name}`)}) _arguments -s -S ${specs(one)} ;;`,
      ),
    ),
    '  esac',
    '}',
    '',
  ].join('\n');
}

function specs({ options, positionals }: CommandTable): string {
  const all = [
    ...options.flatMap(optionSpecs),
    '--help[Show help]',
    ...positionals.map(positionalSpec),
  ];
  return all.map(quoted).join(' ');
}

function optionSpecs(option: Option): string[] {
  const { name, short, describe, value, choices, repeatable } = option;
  const spellings = [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
  const joined = (spelling: string): string => (spelling.startsWith('--') ? '=' : '+');
  const action = choices === undefined ? actionOf(kindOfValue(option)) : `(${choices.join(' ')})`;
  const argument = value === undefined ? '' : `:${plain(value)}:${action}`;
  return spellings.map((spelling) => {
    const once = repeatable === true ? '*' : `(${spellings.join(' ')})`;
    return `${once}${spelling}${value === undefined ? '' : joined(spelling)}[${plain(brief(describe))}]${argument}`;
  });
}

function positionalSpec({ name, kind, choices, many, required }: Positional): string {
  const action = kind === 'choice' ? `(${(choices ?? []).join(' ')})` : ACTION[kind];
  return `${many ? '*' : ''}:${required || many ? '' : ':'}${name}:${action}`;
}

function actionOf(kind: Kind | ''): string {
  return kind === '' || kind === 'choice' ? '' : ACTION[kind];
}

// What is special in the words of _arguments.
function plain(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, String.raw`\$&`);
}
