// The command line in a process of its own, as a user runs it.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const BIN: string = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));

export interface Said {
  code: number | null;
  out: string;
  err: string;
}

export function cli(...args: string[]): Said {
  const done = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', timeout: 20_000 });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

/** What a command prints with `--json`. */
export function cliJson<T>(...args: string[]): T {
  return JSON.parse(cli(...args, '--json').out) as T;
}
