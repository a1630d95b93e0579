// Programs that hold locks in another process, spoken to line by line. Each is killed by its own
// pid when the test has finished.

import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly stderr: string[] = [];
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];
  #closed = false;

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.process = spawn(command, args, { ...options, stdio: 'pipe' });
    this.ended = new Promise((resolve) => {
      this.process.once('error', (error) => {
        this.stderr.push(String(error));
        resolve({ code: null, signal: null });
      });
      this.process.once('close', (code, signal) => {
        this.#closed = true;
        for (const wake of this.#waiting.splice(0)) wake(this.#end());
        resolve({ code, signal });
      });
    });
    this.process.stderr?.on('data', (data) => this.stderr.push(String(data)));
    this.process.stdin?.on('error', () => undefined);
    if (this.process.stdout !== null)
      createInterface(this.process.stdout).on('line', (line) => {
        const wake = this.#waiting.shift();
        if (wake === undefined) this.#lines.push(line);
        else wake(line);
      });
    onTestFinished(async () => {
      this.process.kill('SIGKILL');
      this.process.stdin?.destroy();
      this.process.stdout?.destroy();
      this.process.stderr?.destroy();
      await this.ended;
    });
  }

  #end(): string {
    return `(ended) ${this.stderr.join('')}`;
  }

  /** The next line of its output. */
  async line(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return line;
    if (this.#closed) return this.#end();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  /** Ends its input, which ends every program here that waits for a line. */
  finish(): Promise<Ended> {
    this.process.stdin?.end();
    return this.ended;
  }
}

function helper(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A lockbridge process that has tried to take `path`; see holder.mjs for its commands. */
export async function holder(path: string, options: SpawnOptions = {}): Promise<Child> {
  const child = new Child(process.execPath, [helper('holder.mjs'), path], options);
  const said = await child.line();
  if (said !== 'held') throw new Error(`holder said: ${said}`);
  return child;
}

/** Runs `helpers/NAME` with Node to its end, and gives the last line that it printed. */
export function runHelper(
  name: string,
  args: readonly string[],
  options: SpawnOptions = {},
): string {
  const done = spawnSync(process.execPath, [helper(name), ...args], {
    timeout: 20_000,
    ...options,
    stdio: 'pipe',
    encoding: 'utf8',
  });
  return `${done.stdout}${done.stderr}`.trim();
}

export function helperChild(
  name: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Child {
  return new Child(process.execPath, [helper(name), ...args], options);
}

/** flock(1) that holds `path` until its input ends. */
export async function flockHolder(path: string, ...flags: string[]): Promise<Child> {
  const child = flockWaiter(path, ...flags);
  const said = await child.line();
  if (said !== 'held') throw new Error(`flock said: ${said}`);
  return child;
}

/** flock(1) that says `held` once it has the lock. */
export function flockWaiter(path: string, ...flags: string[]): Child {
  return new Child('/usr/bin/flock', [...flags, path, '/bin/sh', '-c', 'echo held; read x']);
}

/** A Python program given as text; says what it prints. */
export function python(script: string, ...args: string[]): Child {
  return new Child('/usr/bin/python3', ['-u', '-c', script, ...args]);
}

/** Runs a peer that does not wait; its exit code. */
export function exitCode(command: string, ...args: string[]): number | null {
  return spawnSync(command, args, { stdio: 'pipe', timeout: 10_000 }).status;
}
