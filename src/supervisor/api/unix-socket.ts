// A unix socket that appears whole: made in a directory that only we can enter, closed to everybody
// else (0600), then moved to its name. So nobody can connect before the mode is right, and the name
// of a socket that a dead supervisor left is replaced, never removed first.
//
// A socket that somebody listens on, and anything that is no socket, is left alone. Does not protect
// against two supervisors that start at the same moment: their state directory does.

import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  renameSync,
  rmSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { invalid, LockError } from '../../errors.js';

// sun_path, without the NUL.
const LONGEST = 107;

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

async function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // EAGAIN: its queue is full, EACCES: it is not ours to ask. Either way it may well live.
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

async function checkFree(path: string): Promise<void> {
  const there = look(path);
  if (there === undefined) return;
  if (!there.isSocket())
    throw invalid('listen.path', 'free, or a socket that nobody listens on', path);
  if (await answers(path))
    throw new LockError('ERR_SUPERVISOR', `somebody listens on '${path}' already; stop it first`, {
      path,
    });
}

/**
 * Calls `listen` with the place to listen at, and moves the socket to `path`. Returns what removes it
 * again, unless somebody else's is there by then. LockError if the path is not usable.
 */
export async function unixSocket(
  path: string,
  listen: (path: string) => Promise<unknown>,
): Promise<() => void> {
  await checkFree(path);
  const dir = mkdtempSync(join(dirname(path), '.api-'));
  try {
    const temporary = join(dir, 's');
    const longest = Math.max(Buffer.byteLength(temporary), Buffer.byteLength(path));
    if (longest > LONGEST)
      throw invalid('listen.path', `shorter by ${String(longest - LONGEST)} bytes`, path);
    await listen(temporary);
    chmodSync(temporary, 0o600);
    const { dev, ino } = lstatSync(temporary);
    renameSync(temporary, path);
    return () => {
      const there = look(path);
      if (there?.dev === dev && there.ino === ino) unlinkSync(path);
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
