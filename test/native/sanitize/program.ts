// Builds threads.cc with the addon's code, and runs it under whatever looks for faults.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const NATIVE = fileURLToPath(new URL('../../../native/', import.meta.url));
const PROGRAM = fileURLToPath(new URL('threads.cc', import.meta.url));
// What talks to Node, and what only a service's process does.
const LEFT_OUT: readonly string[] = ['binding.cc', 'loop_poll.cc', 'enter.cc'];

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** SIGKILL ends what takes too long: valgrind may be past hearing anything else. */
export function run(command: string, ...args: string[]): Ran {
  const limits = { timeout: 170_000, killSignal: 'SIGKILL' } as const;
  const done = spawnSync(command, args, { encoding: 'utf8', ...limits });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

/** A directory for the programs of one test file. */
export function programs(): string {
  const bin = mkdtempSync(join(tmpdir(), 'lockbridge-sanitizers-'));
  afterAll(() => {
    rmSync(bin, { recursive: true });
  });
  return bin;
}

export function buildThreads(extra: readonly string[], to: string): void {
  const sources = readdirSync(NATIVE).filter((file) => file.endsWith('.cc'));
  const files = sources.filter((file) => !LEFT_OUT.includes(file)).map((file) => NATIVE + file);
  const flags = ['-std=c++17', '-g', '-O1', '-fno-omit-frame-pointer', ...extra];
  const defines = ['-D_GNU_SOURCE', '-D_FILE_OFFSET_BITS=64'];
  const { code, err } = run('g++', ...flags, ...defines, PROGRAM, ...files, '-o', to, '-lpthread');
  if (code !== 0) throw new Error(`threads.cc does not build: ${err}`);
}

/** How often the lock was held, as the program reports it. */
export function entriesOf(out: string): number {
  return Number(/entries (\d+)/.exec(out)?.[1]);
}
