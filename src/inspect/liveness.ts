// Is the process that a lock file names dead? A pid is only a number of some unknown namespace, so
// "dead" needs: the initial pid namespace, a /proc that hides nobody, and no process with that
// number at any level of its NSpid (pid_namespaces(7), proc(5) hidepid). Anything else: unknown.

import { startTime, type LockRecord } from '../lock/record.js';
import { readdirSync, readFileSync, statSync } from 'node:fs';

const INITIAL_PID_NAMESPACE = 0xeffffffc; // PROC_PID_INIT_INO, fixed in the kernel

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export function inInitialPidNamespace(): boolean {
  try {
    return statSync('/proc/self/ns/pid').ino === INITIAL_PID_NAMESPACE;
  } catch {
    return false;
  }
}

/** Whether the /proc on top leaves processes out (proc(5), hidepid), or none is there at all. */
export function procHidesProcesses(): boolean {
  const mounts = read('/proc/self/mountinfo');
  const proc = mounts.split('\n').findLast((line) => / \/proc .* - proc /.test(line));
  return proc === undefined || /hidepid=(1|2|invisible|noaccess|ptraceable)/.test(proc);
}

/** Whether this process can see every process of the machine. */
export function seesEveryProcess(): boolean {
  return inInitialPidNamespace() && !procHidesProcesses();
}

/** `true`: some process has that number here or in a container; `false`: provably none; else unknown. */
export function pidAlive(pid: number): boolean | undefined {
  if (read(`/proc/${String(pid)}/stat`) !== '') return true;
  if (!seesEveryProcess()) return undefined;
  const number = String(pid);
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const levels = /^NSpid:\t(.*)$/m.exec(read(`/proc/${entry}/status`))?.[1];
    if (levels?.split('\t').includes(number) === true) return true;
  }
  return false;
}

/**
 * Whether the process of a lockbridge record is provably gone: same boot and pid namespace as ours,
 * and no process with that number and start time. False also where that cannot be known.
 */
export function processGone(record: LockRecord): boolean {
  if (record.boot !== read('/proc/sys/kernel/random/boot_id').trim()) return false;
  try {
    if (statSync('/proc/self/ns/pid').ino !== record.pidns) return false;
  } catch {
    return false;
  }
  const stat = read(`/proc/${String(record.pid)}/stat`);
  return stat === '' || startTime(stat) !== record.start;
}

/** The command line of a process, for people; undefined where it cannot be read. */
export function commandOf(pid: number): string | undefined {
  const line = read(`/proc/${String(pid)}/cmdline`)
    .replaceAll('\0', ' ')
    .trim();
  return line === '' ? undefined : line.slice(0, 120);
}
