// What the benches share: the C program, medians, and the ratio of two runs that stood side by side.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Compiles syscalls.c into `dir`; undefined, and said so, where there is no C compiler. */
export function compile(dir) {
  const source = fileURLToPath(new URL('syscalls.c', import.meta.url));
  const binary = join(dir, 'syscalls');
  const { error, status } = spawnSync('cc', ['-O2', '-o', binary, source], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status === 0) return binary;
  const why = error === undefined ? 'cc could not compile it' : 'no C compiler (cc)';
  console.error(`bench: ${why}: the system calls in C are left out`);
  return undefined;
}

/** Nanoseconds, as the C program prints them. */
export function inC(binary, ...args) {
  const { status, stdout, stderr } = spawnSync(binary, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`bench: ${binary} failed: ${stderr}`);
  return Number(stdout);
}

export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The median of the ratios, round by round, so that each is of neighbours in time. */
export function ratio(of, to) {
  return median(of.map((time, round) => time / to[round]));
}
