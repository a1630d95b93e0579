// Who a process is, for people: number here and inside its container, command, user, since when.

import { readFileSync, statSync } from 'node:fs';
import { startTime } from '../lock/record.js';
import { printable } from '../printable.js';
import { parseCgroup } from './container.js';
import { readProc, readStart } from './procfs.js';
import type { ProcessInfo } from './types.js';

const TICKS = 100; // USER_HZ: what /proc counts in on every Linux, whatever the kernel's own HZ
const COMMAND_BYTES = 400;
const PASSWD_BYTES = 1 << 20;

function users(): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  try {
    if (statSync('/etc/passwd').size > PASSWD_BYTES) return names;
    for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
      const [name, , uid] = line.split(':');
      if (name && uid && !names.has(Number(uid))) names.set(Number(uid), name);
    }
  } catch {
    // No such file in a bare container: numbers must do.
  }
  return names;
}

// By the clock of the boot: the wall clock may have jumped since the process started.
function startedAt(ticks: number): string | undefined {
  const uptime = Number.parseFloat(readProc('/proc/uptime'));
  if (!(uptime >= 0) || ticks <= 0) return undefined;
  return new Date(Date.now() - (uptime - ticks / TICKS) * 1000).toISOString();
}

/** The processes of one inspection: each is read once. `brief`: number and command will do. */
export class Processes {
  readonly #seen = new Map<number, ProcessInfo>();
  readonly #brief: boolean;
  #users: ReadonlyMap<number, string> | undefined;

  constructor(brief: boolean = false) {
    this.#brief = brief;
  }

  /** What is known of a process; only its number if it has gone or may not be read. */
  info(pid: number): ProcessInfo {
    let info = this.#seen.get(pid);
    if (info === undefined) this.#seen.set(pid, (info = this.#read(pid)));
    return info;
  }

  #read(pid: number): ProcessInfo {
    const dir = `/proc/${String(pid)}`;
    const info: ProcessInfo = { pid };
    const command = readStart(`${dir}/cmdline`, COMMAND_BYTES).replace(/\0+$/, '');
    if (command !== '') info.command = printable(command.replaceAll('\0', ' '));
    if (this.#brief) return info;
    const status = readProc(`${dir}/status`);
    if (status === '') return info;
    // A kernel thread or a zombie has no command line; ps(1) shows its name in brackets too.
    info.command ??= `[${printable(/^Name:\t(.*)$/m.exec(status)?.[1] ?? '')}]`;
    const levels = /^NSpid:\t(.*)$/m.exec(status)?.[1]?.split('\t').map(Number) ?? [];
    if (levels.length > 1) info.nspid = levels;
    const uid = /^Uid:\t\d+\t(\d+)/m.exec(status)?.[1]; // the effective one
    if (uid !== undefined) info.uid = Number(uid);
    const started = startedAt(startTime(readProc(`${dir}/stat`)));
    if (started !== undefined) info.started = started;
    Object.assign(info, parseCgroup(readProc(`${dir}/cgroup`)));
    if (info.nspid === undefined && info.uid !== undefined) {
      const user = (this.#users ??= users()).get(info.uid);
      if (user !== undefined) info.user = user;
    }
    return info;
  }
}
