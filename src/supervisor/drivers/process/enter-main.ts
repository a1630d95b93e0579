// The entry program: the process that becomes a service. Started by the driver in a session of its
// own, and on record by then; it gets its order (one line of JSON) over descriptor 3, not in argv,
// which everybody can read. An order that does not come whole means that the driver has died: then
// nothing is started. What goes wrong is answered over descriptor 3, which closes at the execve.

import { readSync, writeSync } from 'node:fs';
import { errnoName, LockError } from '../../../errors.js';
import { native } from '../../../native.js';
import { EXEC, type Order, type Refusal } from './order.js';
import { makePlace } from './place.js';
import { findProgram } from './program.js';

const DRIVER = 3;

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'the interpreter or loader that it names does not exist',
  EACCES: 'not permitted; its filesystem may be mounted noexec',
  ENOEXEC: 'neither a binary for this machine nor a script with a #! line',
  E2BIG: 'command and environment are too long together',
};

function readOrder(): Order | undefined {
  const chunks: Buffer[] = [];
  while (chunks.at(-1)?.at(-1) !== 0x0a) {
    const chunk = Buffer.alloc(65536);
    const got = readSync(DRIVER, chunk);
    if (got === 0) return undefined;
    chunks.push(chunk.subarray(0, got));
  }
  return JSON.parse(Buffer.concat(chunks).toString()) as Order;
}

function enterDirectory(path: string): void {
  try {
    process.chdir(path);
  } catch (cause) {
    const { code = String(cause) } = cause as NodeJS.ErrnoException;
    throw new LockError('ERR_SERVICE', `its workingDir '${path}' cannot be entered: ${code}`, {
      path,
      cause,
    });
  }
}

// The order is complete: that the driver has died since does not matter.
function announce(): void {
  try {
    writeSync(DRIVER, EXEC);
  } catch {
    // EPIPE
  }
}

function become({ command, environment, workingDir, volumes, lockDir }: Order): never {
  makePlace(volumes, lockDir);
  enterDirectory(workingDir);
  const found = findProgram(command[0] ?? '', environment['PATH'] ?? '', workingDir);
  if ('why' in found) throw new LockError('ERR_SERVICE', found.why);
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  announce();
  const errno = -native.execute(found.path, command, lines);
  const name = errnoName(errno);
  const why = `'${found.path}' cannot be executed: ${WHY[name] ?? 'the system call failed'}`;
  throw new LockError('ERR_SERVICE', `${why} (execve: ${name})`, {
    path: found.path,
    syscall: 'execve',
    errno,
  });
}

function refusal(error: unknown): Refusal {
  if (!LockError.is(error)) return { why: String(error) };
  const { message: why, path, syscall, errno } = error;
  return {
    why,
    ...(path !== undefined && { path }),
    ...(syscall !== undefined && { syscall }),
    ...(errno !== undefined && { errno }),
  };
}

const order = readOrder();
if (order !== undefined)
  try {
    become(order);
  } catch (error) {
    writeSync(DRIVER, JSON.stringify(refusal(error)));
    process.exitCode = 1;
  }
