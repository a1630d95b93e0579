// Whose file is this? Recognises the protocols that leave a telling shape on disk. A guess for
// people; only the pid that a pid-file names takes part in a verdict.

import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { lstatSync } from 'node:fs';
import type { RawLook } from '../native.js';

export interface Footprint {
  protocol: string;
  certainty?: 'sure' | 'likely' | 'guess';
  text: string;
  /** Named in the file by a protocol whose files name their holder. */
  pid?: number;
}

const PID_FILE = /^[ ]?([1-9]\d{0,9})\n?$/;
const HELIOS_TAG = '\x02c';

// Python's LinkLockFile keeps its unique file beside the lock: host-thread.pid, the same inode.
function secondLink(path: string, look: RawLook): string | undefined {
  const dir = dirname(path);
  const ino = look.id.split('@')[0]?.split(':')[2];
  try {
    return readdirSync(dir)
      .slice(0, 1000)
      .find((name) => {
        if (name === basename(path)) return false;
        const st = lstatSync(join(dir, name), { bigint: true, throwIfNoEntry: false });
        return st !== undefined && String(st.ino) === ino;
      });
  } catch {
    return undefined;
  }
}

/** The protocol that made a regular file, as far as its content, mode and links tell. */
export function recognise(path: string, look: RawLook): Footprint | undefined {
  const { content, nlink, mode } = look;
  const bits = mode & 0o777;
  if (content === HELIOS_TAG)
    return { protocol: 'helios', text: 'it carries the Helios tag (02 63)' };
  if (nlink === 2) {
    const other = secondLink(path, look);
    if (other?.includes('|') === true)
      return { protocol: 'flufl.lock', text: `its second link '${other}' is a flufl.lock claim` };
    if (other !== undefined)
      return { protocol: 'py-link', text: `its second link '${other}' is a Python LinkLockFile` };
    return { protocol: 'link', text: 'it has a second link, as link-based lockers keep' };
  }
  if (content === '0' && bits === 0o444)
    return { protocol: 'procmail', text: "content '0' and mode 0444 are procmail lockfile's" };
  if (content === '0\n') return { protocol: 'dotlockfile', text: "content '0' is dotlockfile's" };
  const pid = PID_FILE.exec(content)?.[1];
  if (pid !== undefined && look.size === content.length)
    return { protocol: 'pid file', text: `it names pid ${pid}`, pid: Number(pid) };
  if (look.size === 0 && look.uid === 65534)
    return { protocol: 'balena-supervisor', text: 'owner 65534 marks a balena-supervisor lock' };
  if (look.size === 0 && bits === 0)
    return { protocol: 'mutt_dotlock', text: 'empty with mode 0000' };
  return undefined;
}

/** Content that only a locker which also holds a kernel lock writes: unlocked, it is stale. */
export function isHeliosTag(look: RawLook): boolean {
  return look.content === HELIOS_TAG && look.size === 2;
}
