// The open descriptors of every process that shows them (proc(5), /proc/PID/fd).

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** The processes that /proc shows. */
export function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** The descriptors of a process; undefined where it does not show them, [] where it is gone. */
export function descriptorsOf(pid: number): string[] | undefined {
  try {
    return readdirSync(`/proc/${String(pid)}/fd`);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? undefined : [];
  }
}

export interface Descriptor {
  /** The uid of the process. */
  owner: number;
  target: string;
  /** The text of its fdinfo. */
  info: () => string;
}

export function* eachDescriptor(): Generator<Descriptor> {
  for (const pid of processes()) {
    const dir = `/proc/${String(pid)}`;
    for (const fd of descriptorsOf(pid) ?? [])
      try {
        const target = readlinkSync(`${dir}/fd/${fd}`);
        const info = (): string => readFileSync(`${dir}/fdinfo/${fd}`, 'utf8');
        yield { owner: statSync(dir).uid, target, info };
      } catch {
        // closed or gone since it was listed
      }
  }
}
