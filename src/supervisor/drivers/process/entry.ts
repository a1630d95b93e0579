// The driver's end of one entry program: started, and ordered to become a service. The
// steps are separate because the process goes on record between the first two.

import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { EXEC, type Order, type Refusal } from './order.js';
import { processAt } from './table.js';

const MAIN = fileURLToPath(new URL('./enter-main.js', import.meta.url));

/** More than a busy board needs; a mount from a server that is gone would take for ever. */
const BOUND_MS = 120_000;

function statusOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

export class Entry {
  readonly pid: number;
  readonly start: number;
  /** Exit code, or 128 + signal: of the entry program, or of the service that it became. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  #said = '';

  private constructor(child: ChildProcess, pid: number, start: number, ended: Promise<number>) {
    this.#child = child;
    this.pid = pid;
    this.start = start;
    this.ended = ended;
    this.#socket = child.stdio[3] as Socket;
    // One that has ended does not read any more (EPIPE, ECONNRESET); that it has ended shows.
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (data: Buffer) => (this.#said += data.toString()));
  }

  /** Starts the program; `mark` is its only argument, and shows that it has not become a service yet. */
  static async launch(mark: string): Promise<Entry> {
    // `detached` is setsid(2). Its environment is empty: the service's comes with the order.
    const child = spawn(process.execPath, [MAIN, mark], {
      cwd: '/',
      detached: true,
      env: {},
      stdio: ['ignore', 2, 2, 'pipe'],
    });
    const ended = new Promise<number>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve(statusOf(code, signal));
      });
    });
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', resolve);
    });
    const { pid = 0 } = child;
    const start = processAt(pid)?.start;
    if (start === undefined) throw new Error(`it ended at once with ${String(await ended)}`);
    return new Entry(child, pid, start, ended);
  }

  /** Lets it become the service: undefined once that runs, else why it does not. */
  async become(order: Order): Promise<Refusal | undefined> {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.setTimeout(BOUND_MS, () => this.#child.kill('SIGKILL'));
    this.#socket.write(`${JSON.stringify(order)}\n`);
    await closed;
    const refusal = this.#said.replace(EXEC, '');
    if (refusal !== '') return JSON.parse(refusal) as Refusal;
    if (this.#said === EXEC) return undefined;
    return { why: `the entry program ended with ${String(await this.ended)} before it ran` };
  }

  /** The event loop does not wait for it any more, and its end is nobody's business here. */
  letGo(): void {
    this.#child.unref();
  }
}
