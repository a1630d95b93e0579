// The commands and options of lockbridge-run as data, read from the text of its --help: that program has
// no tables that another could ask for.

import type { CommandTable, Option, Program } from './types.js';

/** What `lockbridge-run --help` consists of. */
export interface RunHelp {
  readonly program: Program;
  /** The paragraphs between the options and the exit codes. */
  readonly notes: readonly string[];
  readonly exitCodes: readonly { readonly code: string; readonly meaning: string }[];
}

/** The text of the help in the source of the program. */
export function helpIn(source: string): string {
  const text = /kHelp\[\] = R"\(([^]*?)\)"/.exec(source)?.[1];
  if (text === undefined) throw new Error('the source of lockbridge-run has no help text');
  return text;
}

/** Takes the text of --help apart. Throws where it has another shape. */
export function runHelp(text: string): RunHelp {
  const [, , commands, options, ...rest] = text.trimEnd().split('\n\n');
  const codes = rest.pop();
  if (commands === undefined || options === undefined || codes?.startsWith('Exit codes:') !== true)
    throw new Error('the help of lockbridge-run has another shape than what reads it');
  const described = entries(options).filter(([words]) => words !== '--help, --version');
  const named = entries(commands);
  const names = named.map(([words]) => nameOf(words));
  return {
    program: {
      name: 'lockbridge-run',
      commands: named.map(([words, describe]) => command(words, describe, described, names)),
    },
    notes: rest.map((note) => note.replaceAll('\n', ' ')),
    exitCodes: entries(codes.split('\n').slice(1, -1).join('\n')).map(([code, meaning]) => ({
      code,
      meaning,
    })),
  };
}

// `  words   what they mean`, with further lines that begin further right.
function entries(text: string): [words: string, describe: string][] {
  const found: [string, string][] = [];
  for (const line of text.split('\n')) {
    const [, words, describe] = /^ {2,6}(\S.*?)(?: {2,}| (?=exit code))(\S.*)$/.exec(line) ?? [];
    const last = found.at(-1);
    if (words !== undefined && describe !== undefined) found.push([words, describe]);
    else if (/^ {6,}\S/.test(line) && last !== undefined && !line.trim().startsWith('--'))
      last[1] += ` ${line.trim()}`;
    else found.push([line.trim(), '']);
  }
  return found;
}

function nameOf(words: string): string {
  return /^\[?([\w-]+)/.exec(words)?.[1] ?? '';
}

function command(
  words: string,
  describe: string,
  options: readonly [string, string][],
  names: readonly string[],
): CommandTable {
  const name = nameOf(words);
  return {
    name,
    describe,
    positionals: [
      words.includes('[DIR...]')
        ? { name: 'dir', describe: '', kind: 'directory', required: false, many: true }
        : {
            name: 'path',
            describe: '',
            kind: 'lock',
            required: true,
            many: words.includes('PATH...'),
          },
    ],
    options: options
      .map(([option, text]) => optionOf(option, text, name, names))
      .filter((option) => option !== undefined),
    examples: [],
    executes: words.includes('COMMAND'),
  };
}

// `-w, --wait SECONDS` and `give up after so many seconds (run, lock, wait; unlock: 10)`: of which
// commands, and where a command has a default of its own, which.
function optionOf(
  words: string,
  text: string,
  command: string,
  names: readonly string[],
): Option | undefined {
  const [, short, name, value] = /^(?:-(\w), )?--([\w-]+)(?: (\S+))?$/.exec(words) ?? [];
  const [, describe, list = ''] = /^(.*?)(?: \(([^()]*)\))?$/.exec(text) ?? [];
  if (name === undefined || describe === undefined)
    throw new Error(`no option of lockbridge-run: ${words}`);
  const but = list.startsWith('all but ');
  const of = names.filter((one) => new RegExp(`\\b${one}\\b`).test(list) !== but);
  if (!of.includes(command)) return undefined;
  const fallback = new RegExp(`\\b${command}: (\\S+)`).exec(list)?.[1];
  return {
    name,
    describe,
    ...(short !== undefined && { short }),
    ...(value !== undefined && { value }),
    ...(value?.includes('|') === true && { choices: value.split('|') }),
    ...(fallback !== undefined && { default: fallback }),
  };
}
