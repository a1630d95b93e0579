// `lockbridge run` as the native lockbridge-run where that is built: Node and yargs take longer to
// start than most critical sections last, so what can be told at a glance goes on there. Everything
// else, mistakes and help included, stays here.
//
// What is handed over is decided there: signals are passed on whatever they are, and its end, by exit
// code or signal, is ours. If we are killed while it waits it ends; once it holds it goes on.

import { constants } from 'node:os';
import { runStaysInNode } from '../env.js';
import { nativeRun } from '../version.js';

const FLAGS: readonly string[] = ['-n', '--nonblock', '--json'];
const VALUES: readonly string[] = ['-w', '--wait', '-E', '--conflict-exit-code', '--reason'];
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;

/** Whether both read these arguments of `run` alike: paths, options as they are documented, `--`. */
export function isPlain(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  if (end < 0 || end === args.length - 1) return false;
  let paths = 0;
  for (let at = 0; at < end; at++) {
    const word = args[at] ?? '';
    if (VALUES.includes(word)) at++;
    else if (FLAGS.includes(word) || /^--empty=(?:held|free)$/.test(word)) continue;
    else if (word.startsWith('-') || word === '') return false;
    else paths++;
    if (at >= end) return false;
  }
  return paths > 0;
}

/** The exit code of the native program, or undefined where Node has to do it itself. */
export async function handOver(argv: readonly string[]): Promise<number | undefined> {
  const [command, ...args] = argv;
  if (command !== 'run' || !isPlain(args) || runStaysInNode()) return;
  const program = nativeRun();
  if (program === undefined) return;
  const { spawn } = await import('node:child_process'); // most command lines do without
  // Before it is started: a signal that comes right after is for it. It is called in a later turn.
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  const child = spawn(program, ['run', '--with-parent', ...args], {
    argv0: 'lockbridge',
    stdio: 'inherit',
  });
  const ended = await new Promise<number | NodeJS.Signals | undefined>((resolve) => {
    child.on('error', () => {
      resolve(undefined); // it is not for this machine
    });
    child.on('exit', (code, signal) => {
      resolve(signal ?? code ?? 0);
    });
  });
  for (const signal of SIGNALS) process.off(signal, pass);
  if (typeof ended !== 'string') return ended;
  process.kill(process.pid, ended);
  return 128 + constants.signals[ended];
}
