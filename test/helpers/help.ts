// What the programs say of themselves in --help, read by a person's eye: the names at the beginnings
// of lines.

import { COMMANDS } from '../../dist/cli/commands.js';
import { asOption } from '../../dist/cli/help.js';
import { parserOf } from '../../dist/cli/main.js';
import { NATIVE } from './cli.js';

export const NAMES: readonly string[] = Object.keys(COMMANDS);

/** The text of `lockbridge NAME --help`. */
export async function helpOf(name: string): Promise<string> {
  const command = await COMMANDS[name]?.();
  if (command === undefined) throw new Error(`no command ${name}`);
  const lines: string[] = [];
  const parser = parserOf([command], async () => Promise.resolve());
  await parser.parseAsync([...asOption([name, '--help'])], {}, (_error, _args, output) => {
    lines.push(output);
  });
  return lines.join('\n');
}

/** The options in a text of help, with both their names: `-w, --wait`. Those of examples do not count. */
export function optionsIn(help: string): { name: string; short?: string }[] {
  const [text = ''] = help.split(/^Examples:$/m);
  return [...text.matchAll(/^ {2,6}(?:-(\w), )?--([\w-]+)/gm)].map(([, short, name = '']) => ({
    name,
    ...(short !== undefined && { short }),
  }));
}

/** The exit codes in a text of help. */
export function exitCodesIn(help: string): string[] {
  return [...help.matchAll(/^ {2,3}(\d+) {2}\S/gm)].map(([, code = '']) => code);
}

export const RUN_HELP: string = NATIVE.run('--help').out;

/** The commands of lockbridge-run. */
export const RUN_NAMES: readonly string[] = [
  'run',
  'lock',
  'unlock',
  'status',
  'wait',
  'break',
  'ls',
];
