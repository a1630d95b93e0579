// Checks the model of the protocol (test/model/lock.pml) with Spin, one configuration at a time: every
// order of steps that it allows, up to two gigabytes of states.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lacksCommand } from './peers.js';
import { scratch } from './scratch.js';

const MODEL = fileURLToPath(new URL('../model/lock.pml', import.meta.url));

/** What takes part, which exceptions are on, and which mistake is built in: the model's macros. */
export type Configuration = Readonly<Record<string, number>>;

/** Why no model can be checked here; undefined if it can. */
export function lacksSpin(): string | undefined {
  return lacksCommand('spin') ?? lacksCommand('gcc');
}

function run(cwd: string, command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
    maxBuffer: 64 << 20,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** How many propositions the configuration breaks (the search ends with the first), and how. */
export function check(configuration: Configuration): { errors: number; trace: string } {
  const cwd = scratch();
  const defines = Object.entries(configuration).map(
    ([name, value]) => `-D${name}=${String(value)}`,
  );
  run(cwd, 'spin', ['-a', ...defines, MODEL]);
  run(cwd, 'gcc', ['-O0', '-w', '-DSAFETY', '-DCOLLAPSE', '-DMEMLIM=2000', '-o', 'pan', 'pan.c']);
  const said = run(cwd, './pan', ['-m100000']);
  const errors = /errors: (\d+)/.exec(said)?.[1];
  // Out of depth, memory or time is no proof of anything.
  if (errors === undefined || (errors === '0' && /search not completed|too small/i.test(said)))
    throw new Error(`pan did not finish: ${said}`);
  if (errors === '0') return { errors: 0, trace: '' };
  const steps = run(cwd, 'spin', ['-k', 'lock.pml.trail', '-p', ...defines, MODEL]);
  return { errors: Number(errors), trace: `${said}\n${steps}` };
}
