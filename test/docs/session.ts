// Runs commands of a document in one shell, one after the other, as a reader would.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const HERE = join(ROOT, 'test/docs');

export interface Ran {
  /** The exit code of the last command. */
  readonly code: number | null;
  /** What each command printed, on stdout and stderr. */
  readonly outputs: readonly string[];
}

/** `scene`: the name of a script in scenes/ that comes before. Files: more of the working directory. */
export async function run(
  commands: readonly string[],
  scene?: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const dir = mkdtempSync('/var/tmp/lockbridge-docs-');
  mkdirSync(join(dir, 'out'));
  mkdirSync(join(dir, 'work'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, 'work', name), text);
  writeFileSync(join(dir, 'script'), scriptOf(commands, scene));
  const child = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'bash', join(HERE, 'place.sh'), ROOT, dir],
    { stdio: ['ignore', 'inherit', 'inherit'], env: environment() },
  );
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return { code, outputs: commands.map((_, at) => outputOf(join(dir, 'out', String(at)))) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function scriptOf(commands: readonly string[], scene: string | undefined): string {
  return [
    ...(scene === undefined ? [] : [`. '${join(HERE, 'scenes', `${scene}.sh`)}' >&2`]),
    ...commands.flatMap((command, at) => [
      `{ ${sameLock(command)}\n} >/tmp/out/${String(at)} 2>&1 </dev/null`,
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

const outputOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

// Nothing of the machine: no peers, no supervisor, no container engine.
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
}
