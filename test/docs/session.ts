// Runs commands of a document in one shell, one after the other, as a reader would.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const HERE = join(ROOT, 'test/docs');
const LONGEST = 90_000; // ms; what a command was to print that is waited for may never come

export interface Ran {
  /** What each command printed, on stdout and stderr. */
  readonly outputs: readonly string[];
  /** The exit code of each; undefined of one that was not reached, or ended the shell. */
  readonly codes: readonly (number | undefined)[];
}

export interface Place {
  /** The name of a script in scenes/ that comes before. */
  readonly scene?: string | undefined;
  /** For commands that {@link put} them into the working directory, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A command that has those files in the working directory from then on. */
export function put(...names: string[]): string {
  return `cp ${names.map((name) => `"$dir/files/${name}"`).join(' ')} .`;
}

export async function run(commands: readonly string[], place: Place = {}): Promise<Ran> {
  const dir = mkdtempSync('/var/tmp/lockbridge-docs-');
  for (const below of ['out', 'files']) mkdirSync(join(dir, below));
  for (const [name, text] of Object.entries(place.files ?? {}))
    writeFileSync(join(dir, 'files', name), text);
  writeFileSync(join(dir, 'script'), scriptOf(commands, place.scene));
  const child = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'bash', join(HERE, 'place.sh'), ROOT, dir],
    { stdio: ['ignore', 'inherit', 'inherit'], env: environment(), timeout: LONGEST },
  );
  try {
    await once(child, 'exit');
    const read = (name: string): string => textOf(join(dir, 'out', name));
    return {
      outputs: commands.map((_, at) => read(String(at))),
      codes: commands.map((_, at) => codeOf(read(`${String(at)}.code`))),
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function scriptOf(commands: readonly string[], scene: string | undefined): string {
  return [
    ...(scene === undefined ? [] : [`. '${join(HERE, 'scenes', `${scene}.sh`)}' >&2`]),
    ...commands.flatMap((command, at) => [
      `{ ${sameLock(command)}\n} >/tmp/out/${String(at)} 2>&1 </dev/null`,
      `echo $? >/tmp/out/${String(at)}.code`,
      ...(command.endsWith('&')
        ? [`settled "${/\S+\.lock/.exec(command)?.[0] ?? ''}" /tmp/out/${String(at)}`]
        : []),
    ]),
  ].join('\n');
}

// The id of a lock that a reader would copy from what was printed last.
function sameLock(command: string): string {
  const last = `"$(sed -n 's/^ *id:* //p' /tmp/out/* | tail -n 1)"`;
  return command.replace(/(?<=--id )\S+/, last);
}

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const codeOf = (text: string): number | undefined => (text === '' ? undefined : Number(text));

// Nothing of the machine: no peers, no supervisor, no container engine.
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
}
