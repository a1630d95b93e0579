// `lockbridge fleet serve` as a process that is killed when the test has finished.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { BIN } from '../../helpers/cli.js';

export class FleetProcess {
  readonly address: string;
  /** Of its `/metrics` and `/health`; '' unless it was asked for. */
  readonly status: string;
  readonly lines: readonly string[];
  readonly process: ChildProcess;

  private constructor(process: ChildProcess, lines: string[], address: string) {
    this.process = process;
    this.lines = lines;
    this.address = address;
    const status = lines.find((line) => line.startsWith('status at '));
    this.status = status?.slice('status at '.length).replace('/metrics', '') ?? '';
  }

  /** Starts it, and waits until it listens. `before` is put in front of the command. */
  static async start(
    args: readonly string[],
    before: readonly string[] = [],
  ): Promise<FleetProcess> {
    const at = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
    const words = [...before, process.execPath, BIN, 'fleet', 'serve', ...args, ...at];
    const [command = '', ...rest] = words;
    const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    onTestFinished(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
    });
    const lines: string[] = [];
    const address = await new Promise<string>((resolve, reject) => {
      createInterface(child.stderr).on('line', (line) => {
        lines.push(line);
        if (line.startsWith('listens at ')) resolve(line.slice('listens at '.length));
      });
      child.once('exit', () => {
        reject(new Error(`fleet serve has ended: ${lines.join('\n')}`));
      });
    });
    return new FleetProcess(child, lines, address);
  }

  /** SIGKILL, in the middle of whatever it does. */
  async kill(): Promise<void> {
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }

  /** SIGTERM; its exit code. */
  async stop(): Promise<number | null> {
    const gone = once(this.process, 'exit') as Promise<[number | null]>;
    this.process.kill('SIGTERM');
    return (await gone)[0];
  }
}
