// The command lines in processes of their own, as a user runs them: Node's `lockbridge`, and
// `lockbridge-run`, which does what Node's run, status, wait, break and ls do.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const BIN: string = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));
export const RUN: string = fileURLToPath(
  new URL('../../build/Release/lockbridge-run', import.meta.url),
);

export interface Said {
  code: number | null;
  out: string;
  err: string;
}

export interface Program {
  readonly name: string;
  /** How it is called, before its arguments. */
  readonly words: readonly [string, ...string[]];
  run(...args: string[]): Said;
}

function program(name: string, words: readonly [string, ...string[]]): Program {
  const [file, ...front] = words;
  return {
    name,
    words,
    run: (...args) => {
      const done = spawnSync(file, [...front, ...args], { encoding: 'utf8', timeout: 20_000 });
      return { code: done.status, out: done.stdout, err: done.stderr };
    },
  };
}

const NODE: Program = program('lockbridge', [process.execPath, BIN]);
export const NATIVE: Program = program('lockbridge-run', [RUN]);
// Without handing over, so that Node's own is tried too.
const ALONE: Program = program('lockbridge in Node', [
  'env',
  'LOCKBRIDGE_RUN=node',
  process.execPath,
  BIN,
]);
/** What all can do, each is to do. */
export const PROGRAMS: readonly Program[] = [ALONE, NODE, NATIVE];

export function cli(...args: string[]): Said {
  return NODE.run(...args);
}

/** What a command prints with `--json`. */
export function cliJson<T>(...args: string[]): T {
  return JSON.parse(cli(...args, '--json').out) as T;
}
