// The program of a second process: one request a line, a JSON array of operation and arguments; one
// number a line as the answer. Ends with its input.

import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { native } from '../native.js';

const OPERATIONS: Readonly<Record<string, (...args: never[]) => number>> = {
  open: (path: string) => number(() => openSync(path, constants.O_RDWR | constants.O_NOFOLLOW)),
  openExclusive: (path: string) => native.openExclusive(path, 0o644),
  unlink: (path: string) => number(() => (unlinkSync(path), 0)),
  flock: (fd: number, operation: number) => native.flock(fd, operation),
  ofdLock: (fd: number, type: number) => native.ofdLock(fd, type),
  close: (fd: number) => number(() => (closeSync(fd), 0)),
};

/** The result of a call of Node's as the addon gives results: a value, or -errno. */
function number(act: () => number): number {
  try {
    return act();
  } catch (error) {
    return (error as NodeJS.ErrnoException).errno ?? -1;
  }
}

createInterface(process.stdin).on('line', (line) => {
  const [operation, ...args] = JSON.parse(line) as [string, ...never[]];
  process.stdout.write(`${String(OPERATIONS[operation]?.(...args))}\n`);
});
