// Which processes there are, by what the kernel keeps of each: number, start time, group, session.
//
// A pid alone names nobody, because it is handed out again. Pid and start time within one boot do.

import { readdirSync } from 'node:fs';
import { namespaceOf, readProc, readStart } from '../../../inspect/procfs.js';

const ENVIRONMENT_BYTES = 1 << 20;

export interface ProcessEntry {
  pid: number;
  /** Field 22 of /proc/PID/stat: ticks after boot. */
  start: number;
  group: number;
  session: number;
}

/** The process with that number; none if it has ended, also if nobody has collected it yet. */
export function processAt(pid: number): ProcessEntry | undefined {
  const stat = readProc(`/proc/${String(pid)}/stat`);
  // The command in parentheses may contain anything, so fields are counted from the last ")".
  const [state, , group, session, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === undefined || group === undefined || session === undefined) return undefined;
  // A main thread that has ended is a zombie too while other threads of the process run.
  const threads = Number(rest[13]);
  if ((state === 'Z' || state === 'X') && threads <= 1) return undefined;
  return { pid, start: Number(rest[15]), group: Number(group), session: Number(session) };
}

/** Whether that very process runs. */
export function lives(pid: number, start: number): boolean {
  return processAt(pid)?.start === start;
}

/** All that run in the session or process group with that number. */
export function processesOf(session: number): ProcessEntry[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(Number.isInteger)
    .map(processAt)
    .filter((entry) => entry?.session === session || entry?.group === session)
    .filter((entry) => entry !== undefined);
}

/** Whether a process was started with that line (`NAME=value`) in its environment. */
export function startedWith(pid: number, line: string): boolean {
  const environment = readStart(`/proc/${String(pid)}/environ`, ENVIRONMENT_BYTES);
  return environment.split('\0').includes(line);
}

/** Names what start times and pids belong to: they mean nothing in another boot or namespace. */
export function epoch(): string {
  const boot = readProc('/proc/sys/kernel/random/boot_id').trim();
  return `${boot}/${String(namespaceOf('self', 'pid'))}`;
}
