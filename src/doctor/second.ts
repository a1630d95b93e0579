// The second process: what is claimed about two processes is tried with two. It is this package
// again, so that the doctor needs no other program; see second-main.ts for what it does on request.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../env.js';

/** What a second process can be asked; the result is a descriptor, 0, or -errno. */
export interface Second {
  call(operation: 'open' | 'openExclusive' | 'unlink', path: string): Promise<number>;
  call(operation: 'flock' | 'ofdLock', fd: number, how: number): Promise<number>;
  call(operation: 'close', fd: number): Promise<number>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('./second-main.js', import.meta.url));

/** Starts one. It ends with our end of its input, so also when we are killed. */
export function startSecond(): Second {
  const child = spawn(process.execPath, [MAIN], {
    env: childEnvironment(),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const waiting: ((answer: number | undefined) => void)[] = [];
  const gone = (): void => {
    for (const settle of waiting.splice(0)) settle(undefined);
  };
  child.once('error', gone).once('close', gone);
  child.stdin.on('error', gone);
  createInterface(child.stdout).on('line', (line) => waiting.shift()?.(Number(line)));
  const call = async (...request: unknown[]): Promise<number> => {
    const answer = await new Promise<number | undefined>((resolve) => {
      waiting.push(resolve);
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });
    if (answer === undefined) throw new Error('the second process ended');
    return answer;
  };
  return { call, kill: () => kill(child) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
