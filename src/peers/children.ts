// Child processes of the peers: each in a process group of its own, so that a "crash" takes all of
// it, and all of them known, so that no exit of ours leaves one behind.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { childEnvironment } from '../env.js';

/** How long any peer may take to answer. */
export const BOUND_MS: number = 10_000;

const live = new Set<ChildProcessWithoutNullStreams>();

/** The command, its exit status (null after a signal or when it did not start) and its output. */
export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Starts a program as the leader of a new process group, with pipes. */
export function start(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { detached: true, env: childEnvironment(env), stdio: 'pipe' });
  live.add(child);
  child.once('close', () => live.delete(child));
  // Without listeners a program that is missing, or that ends before it reads, would end us.
  child.on('error', () => live.delete(child));
  child.stdin.on('error', () => undefined);
  return child;
}

/** SIGKILL to the whole group; harmless once it is gone. */
export function killGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: nobody is left in it.
  }
}

/** Kills all that still runs; synchronous, for the way out. */
export function killEverything(): void {
  for (const child of live) killGroup(child);
}

/** Resolves when the program and all that inherited its pipes have ended; kills at the bound. */
export async function ended(
  child: ChildProcessWithoutNullStreams,
  bound: number = BOUND_MS,
): Promise<void> {
  if (!live.has(child)) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      killGroup(child);
      // Somebody outside the group may still have our pipes: not worth waiting for.
      child.stdout.destroy();
      child.stderr.destroy();
    }, bound);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    child.once('close', done);
    child.once('error', done);
  });
}

/** Runs a program to its end with no input. Never rejects: a start that fails is in `stderr`. */
export async function run(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  bound: number = BOUND_MS,
): Promise<Ran> {
  const child = start(argv, env);
  const out: Ran = { status: null, stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (out.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (out.stderr += data.toString()));
  child.on('error', (error) => (out.stderr += error.message));
  child.stdin.end();
  await ended(child, bound);
  // What did not start has -errno as its exit code.
  out.status = child.pid === undefined ? null : child.exitCode;
  if (child.signalCode !== null) out.stderr += ` ended by ${child.signalCode}`;
  return out;
}
