// Is the process that a lock file names dead? A pid is only a number of some unknown namespace, so
// "dead" needs: the initial pid namespace, a /proc that hides nobody, and no process with that
// number at any level of its NSpid (pid_namespaces(7), proc(5) hidepid). Anything else: unknown.

import { readlinkSync } from 'node:fs';
import { startTime, type LockRecord } from '../lock/record.js';
import { namespaceOf, readProc, visiblePids } from './procfs.js';

const INITIAL_PID_NAMESPACE = 0xeffffffc; // PROC_PID_INIT_INO, fixed in the kernel

/** Whether this process is in the pid namespace that the machine booted with. */
export function inInitialPidNamespace(): boolean {
  return namespaceOf('self', 'pid') === INITIAL_PID_NAMESPACE;
}

/** Whether the numbers in this /proc are those of our own pid namespace: after a bare unshare(2) not. */
export function procIsOurs(): boolean {
  try {
    return readlinkSync('/proc/self') === String(process.pid);
  } catch {
    return false;
  }
}

/** Whether the /proc on top leaves processes out (proc(5), hidepid), or none is there at all. */
export function procHidesProcesses(): boolean {
  const mounts = readProc('/proc/self/mountinfo');
  const proc = mounts.split('\n').findLast((line) => / \/proc .* - proc /.test(line));
  return proc === undefined || /hidepid=(1|2|4|invisible|noaccess|ptraceable)/.test(proc);
}

/** Whether this process can see every process of the machine. */
export function seesEveryProcess(): boolean {
  return inInitialPidNamespace() && procIsOurs() && !procHidesProcesses();
}

/**
 * Every number that a process has, here or in a container. Read when first asked, so ask after the
 * file that names a pid was read: then its writer, if it lives, is in here.
 */
export class PidTable {
  #complete: boolean | undefined;
  #numbers: Set<number> | undefined;

  get complete(): boolean {
    return (this.#complete ??= seesEveryProcess());
  }

  /** `true`: a process has that number here or in a container; `false`: provably none; else unknown. */
  alive(pid: number): boolean | undefined {
    if ((this.#numbers ??= numbers()).has(pid)) return true;
    return this.complete ? false : undefined;
  }
}

function numbers(): Set<number> {
  const all = new Set<number>();
  for (const pid of visiblePids()) {
    all.add(pid);
    const levels = /^NSpid:\t(.*)$/m.exec(readProc(`/proc/${String(pid)}/status`))?.[1];
    for (const level of levels?.split('\t') ?? []) all.add(Number(level));
  }
  return all;
}

/**
 * Whether the process of a lockbridge record is provably gone: same boot and pid namespace as ours,
 * and no process with that number and start time. False also where that cannot be known.
 */
export function processGone(record: LockRecord): boolean {
  if (record.boot !== readProc('/proc/sys/kernel/random/boot_id').trim()) return false;
  if (namespaceOf('self', 'pid') !== record.pidns || !procIsOurs()) return false;
  const stat = readProc(`/proc/${String(record.pid)}/stat`);
  if (stat !== '') return startTime(stat) !== record.start;
  try {
    process.kill(record.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'; // EPERM: hidden from us, but there
  }
}
