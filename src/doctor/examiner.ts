// One examiner process: started with an order, heard report by report, given up if it falls silent.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../env.js';
import type { Order, Report } from './examiner-main.js';

const MAIN = fileURLToPath(new URL('./examiner-main.js', import.meta.url));

/** How it ended: it did all, it was silent for too long, or it broke (with its last words). */
export type End = { how: 'done' } | { how: 'silent' } | { how: 'broke'; words: string };

/**
 * Runs an order. `bound`: how long, in milliseconds, nothing may be heard of it. A process that the
 * kernel does not let go even when killed is left to it; nobody waits for it.
 */
export async function runExaminer(
  order: Order,
  bound: number,
  hear: (report: Report) => void,
): Promise<End> {
  // A group of its own: a kill takes its second processes too, and a ^C at the terminal leaves it
  // the time to clean up.
  const child = spawn(process.execPath, [MAIN, JSON.stringify(order)], {
    env: childEnvironment(),
    detached: true,
    stdio: 'pipe',
  });
  let words = '';
  child.stderr.on('data', (data: Buffer) => (words = `${words}${data.toString()}`.slice(-500)));
  child.stdin.on('error', () => undefined);
  return new Promise((resolve) => {
    const end = (how: End): void => {
      clearTimeout(timer);
      resolve(how);
    };
    const timer = setTimeout(() => {
      killGroup(child.pid);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      child.unref();
      end({ how: 'silent' });
    }, bound);
    createInterface(child.stdout).on('line', (line) => {
      timer.refresh();
      hear(JSON.parse(line) as Report);
    });
    child.once('error', (error) => {
      end({ how: 'broke', words: error.message });
    });
    child.once('close', (code) => {
      end(code === 0 ? { how: 'done' } : { how: 'broke', words: words.trim() });
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: nobody is left in it
  }
}
