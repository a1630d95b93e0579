// The end of a process that a lock file names, by event: what makes a lock stale that goes by a pid.
//
// A zombie still has its number, so what is waited for is that it is reaped.

import { release } from 'node:os';
import { readProc, visiblePids } from '../inspect/procfs.js';
import type { Inspection } from '../inspect/types.js';
import { native } from '../native.js';
import { startTime } from './record.js';

/** Some processes under watch. */
export interface EndWatch {
  /** False where the end of one of them will not be told, as on a kernel before 6.9. */
  readonly sure: boolean;
  readonly close: () => void;
}

const [major = 0, minor = 0] = release().split('.').map(Number);
const TELLS_REAPING = major > 6 || (major === 6 && minor >= 9);

const NONE: EndWatch = { sure: true, close: () => undefined };

/** Calls `ended` when a process ends that has a number which the lock file names, here or in a container. */
export function watchNamed({ holders }: Inspection, ended: () => void): EndWatch {
  const numbers = holders.flatMap(({ role, alive, pid }) =>
    role === 'named' && alive === true ? [String(pid)] : [],
  );
  if (numbers.length === 0) return NONE;
  const ids: number[] = [];
  const found = new Set<string>();
  let sure = true;
  for (const pid of visiblePids()) {
    const status = readProc(`/proc/${String(pid)}/status`);
    const levels = /^NSpid:\t(.*)$/m.exec(status)?.[1]?.split('\t') ?? [String(pid)];
    const named = numbers.filter((number) => levels.includes(number));
    if (named.length === 0) continue;
    for (const number of named) found.add(number);
    const start = startTime(readProc(`/proc/${String(pid)}/stat`));
    const id = TELLS_REAPING ? native.watchProcess(pid, start, ended, true) : -1;
    if (id < 0) sure = false;
    else ids.push(id);
  }
  if (numbers.some((number) => !found.has(number))) ended(); // since it was judged
  const close = (): void => {
    for (const id of ids) native.unwatchProcess(id);
  };
  return { sure, close };
}
