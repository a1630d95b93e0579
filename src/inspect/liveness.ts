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
  #identities: Map<string, number> | undefined;
  #boot: string | undefined;

  get complete(): boolean {
    return (this.#complete ??= seesEveryProcess());
  }

  /** `true`: a process has that number here or in a container; `false`: provably none; else unknown. */
  alive(pid: number): boolean | undefined {
    if ((this.#numbers ??= numbers()).has(pid)) return true;
    return this.complete ? false : undefined;
  }

  /** What became of the process that a lockbridge record names, as a sentence. A record is a claim. */
  fateOf({ pid, pidns, start, boot }: LockRecord): string {
    const who = `the process of its record (pid ${String(pid)})`;
    if (boot !== (this.#boot ??= readProc('/proc/sys/kernel/random/boot_id').trim()))
      return `${who} is of an earlier boot, or of another machine`;
    const living = (this.#identities ??= identities()).get(identity(pidns, pid, start));
    if (living !== undefined) return `${who} lives: it is pid ${String(living)} here`;
    return this.complete
      ? `${who} is gone: none has its number, namespace and start time`
      : `${who} is not in sight; whether it lives cannot be told from here`;
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

// Every process by pid namespace, its number in there and start time: what a record names.
function identities(): Map<string, number> {
  const all = new Map<string, number>();
  for (const pid of visiblePids()) {
    const levels = /^NSpid:\t(.*)$/m.exec(readProc(`/proc/${String(pid)}/status`))?.[1];
    const own = Number(levels?.split('\t').at(-1));
    const start = startTime(readProc(`/proc/${String(pid)}/stat`));
    all.set(identity(namespaceOf(pid, 'pid'), own, start), pid);
  }
  return all;
}

function identity(pidns: number, pid: number, start: number): string {
  return `${String(pidns)} ${String(pid)} ${String(start)}`;
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
