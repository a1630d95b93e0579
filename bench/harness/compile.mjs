// The C programs, compiled once when they are first asked for. A place with lock directories may be
// mounted noexec, so the binaries go to the temporary directory.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { say } from './progress.mjs';
import { temporary } from './places.mjs';

const built = new Map();
let dir;

function compile(name) {
  dir ??= temporary();
  const source = fileURLToPath(new URL(`../c/${name}.c`, import.meta.url));
  const binary = join(dir, name);
  const argv = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-o', binary, source];
  const { error, status } = spawnSync('cc', argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === 0) return binary;
  say(`${error === undefined ? `cc could not compile ${name}.c` : 'no C compiler (cc)'}: left out`);
  return undefined;
}

/** The binary of bench/c/NAME.c; undefined, and said so, where it cannot be compiled. */
export function program(name) {
  if (!built.has(name)) built.set(name, compile(name));
  return built.get(name);
}

/** Runs such a program; the numbers that it prints. */
export function numbers(binary, ...args) {
  const { status, stdout, stderr } = spawnSync(binary, args.map(String), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${binary} ${args.join(' ')}: ${stderr}`);
  return stdout.trim().split(/\s+/).map(Number);
}
