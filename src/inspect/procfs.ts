// Reading /proc: bounded, and an answer of '' for whatever is not there or not ours to read.

import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';

/** A whole small file of the kernel's own making. */
export function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The first bytes of a file whose length a stranger decides, such as a command line. */
export function readStart(path: string, bytes: number): string {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString('utf8', 0, readSync(fd, buffer));
  } catch {
    return '';
  } finally {
    closeSync(fd);
  }
}

/** The pids that /proc shows. */
export function visiblePids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** The inode number of a namespace of a process; 0 where it cannot be read. */
export function namespaceOf(pid: number | 'self', kind: 'pid' | 'user' | 'mnt'): number {
  try {
    return statSync(`/proc/${String(pid)}/ns/${kind}`).ino;
  } catch {
    return 0;
  }
}
