// The manual pages lockbridge(1) and lockbridge-run(1), from the tables that the help is made of.

import { exitCodes, OF_RUN } from '../exit-codes.js';
import { ABOUT, ENVIRONMENT, FILES, SEE_ALSO } from './man-prose.js';
import { bold, entry, italic, literal, prose, roff, section } from './roff.js';
import type { RunHelp } from './run-help.js';
import type { CommandTable, Option, Program } from './types.js';

/** Which release the page is of, for its foot. */
export interface Edition {
  readonly version: string;
}

/** lockbridge(1): one page, a subsection for each command. */
export function lockbridgePage({ commands }: Program, edition: Edition): string {
  const codes = exitCodes().map(({ code, meaning }) => ({ code: String(code), meaning }));
  return page('lockbridge', 'locks that every language on a machine respects', edition, [
    ...section('SYNOPSIS', `${bold('lockbridge')} ${italic('COMMAND')} [${italic('OPTION')}]...`),
    '.br',
    `${bold('lockbridge help')} [${italic('COMMAND')} | ${bold('exit-codes')}]`,
    ...section('DESCRIPTION', ...paragraphs(ABOUT.lockbridge)),
    ...section('COMMANDS', ...commands.flatMap((one) => chapter('lockbridge', one))),
    ...section('OPTIONS'),
    ...entry(bold('--help'), prose('The help, of all or of one command.')),
    ...entry(bold('--version'), prose('The version number.')),
    ...exitStatus(codes),
    ...section(
      'ENVIRONMENT',
      ...ENVIRONMENT.flatMap(([name, says]) => entry(bold(name), prose(says))),
    ),
    ...section('FILES', ...FILES.flatMap(([name, says]) => entry(italic(name), prose(says)))),
    ...section('SEE ALSO', prose(SEE_ALSO.lockbridge)),
  ]);
}

/** lockbridge-run(1). */
export function lockbridgeRunPage(help: RunHelp, edition: Edition): string {
  const { commands } = help.program;
  return page('lockbridge-run', 'hold a lock while a command runs, without Node', edition, [
    ...section(
      'SYNOPSIS',
      ...commands.flatMap((one, at) => [
        ...(at === 0 ? [] : ['.br']),
        synopsis('lockbridge-run', one),
      ]),
    ),
    ...section('DESCRIPTION', ...paragraphs(ABOUT['lockbridge-run'])),
    ...help.notes.flatMap((note) => ['.PP', prose(note)]),
    ...section('COMMANDS', ...commands.flatMap((one) => chapter('lockbridge-run', one))),
    ...section('OPTIONS'),
    ...entry(bold('--help'), prose('The help.')),
    ...entry(bold('--version'), prose('The version number.')),
    ...exitStatus(help.exitCodes),
    ...section(
      'ENVIRONMENT',
      ...ENVIRONMENT.filter(([, , both]) => both === 'both').flatMap(([name, says]) =>
        entry(bold(name), prose(says)),
      ),
    ),
    ...section('SEE ALSO', prose(SEE_ALSO['lockbridge-run'])),
  ]);
}

function page(name: string, about: string, { version }: Edition, body: readonly string[]): string {
  // No date: the same sources give the same page.
  const head = [
    `.TH ${roff(name.toUpperCase())} 1 "" "lockbridge ${roff(version)}" "User Commands"`,
    '.nh',
    '.ad l',
    ...section('NAME', `${roff(name)} \\- ${roff(about)}`),
  ];
  return `${[...head, ...body].join('\n')}\n`;
}

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text, at) => [...(at === 0 ? [] : ['.PP']), prose(text)]);
}

function chapter(program: string, command: CommandTable): string[] {
  const { name, describe, positionals, options, examples } = command;
  const said = positionals.filter((one) => one.describe !== '');
  return [
    `.SS ${roff(name)}`,
    synopsis(program, command),
    '.PP',
    sentence(describe),
    ...said.flatMap((one) =>
      entry(italic(one.name.toUpperCase()), sentence(one.describe) + choicesOf(one.choices)),
    ),
    ...options.flatMap((option) => entry(flag(option), says(option))),
    ...(examples.length === 0 ? [] : ['.PP', examples.length === 1 ? 'Example:' : 'Examples:']),
    ...examples.flatMap(({ line, describe: why }) => literal(`# ${why}`, line)),
  ];
}

function synopsis(program: string, { name, positionals, options, executes }: CommandTable): string {
  const words = positionals.map(({ name: word, required, many }) => {
    const shown = `${italic(word.toUpperCase())}${many ? '...' : ''}`;
    return required ? shown : `[${shown}]`;
  });
  const parts = [
    bold(program),
    bold(name),
    ...(options.length > 0 ? [`[${italic('OPTION')}]...`] : []),
    ...words,
    ...(executes ? [bold('--'), `${italic('COMMAND')} [${italic('ARGUMENT')}]...`] : []),
  ];
  return parts.join(' ');
}

function flag({ name, short, value }: Option): string {
  const long = bold(`--${name}`);
  const names = short === undefined ? long : `${bold(`-${short}`)}, ${long}`;
  return value === undefined ? names : `${names} ${italic(value)}`;
}

function says({ describe, choices, default: value }: Option): string {
  const shown = choices !== undefined && choices.length > 3 ? choicesOf(choices) : '';
  return `${sentence(describe)}${shown}${value === undefined ? '' : ` Default: ${bold(value)}.`}`;
}

// The help has the half-sentences that a list wants.
function sentence(text: string): string {
  return `${prose(text.charAt(0).toUpperCase() + text.slice(1))}.`;
}

function choicesOf(choices: readonly string[] | undefined): string {
  return choices === undefined ? '' : ` One of ${choices.map(bold).join(', ')}.`;
}

function exitStatus(codes: readonly { code: string; meaning: string }[]): string[] {
  return [
    ...section(
      'EXIT STATUS',
      ...codes.flatMap(({ code, meaning }) => entry(bold(code), sentence(meaning))),
    ),
    '.PP',
    `${prose(OF_RUN.replace(/^run/, '`run`'))}.`,
  ];
}
