// Who can have made an existence lock. Nobody keeps such a file open, so the kernel names nobody. But
// a container reaches only what is mounted into it: those that have the file's directory are all that
// can have made it, beside the host itself. A pid in the file is a number of one of them.

import { parseCgroup } from './container.js';
import { covers, mountsOf, placeOf, type Mount } from './mounts.js';
import type { Processes } from './process.js';
import { readProc, visiblePids } from './procfs.js';
import type { Container } from './types.js';

interface Reaching {
  container: Container;
  pids: number[];
  mounts: Mount[];
}

/** The containers of the machine, with what is mounted into them; read when first asked. */
export class Reach {
  #all: Reaching[] | undefined;
  readonly #processes: Processes;

  constructor(processes: Processes) {
    this.#processes = processes;
  }

  #having(directory: string): Reaching[] {
    const place = placeOf(directory);
    if (place === undefined) return [];
    return (this.#all ??= containers()).filter(({ mounts }) =>
      mounts.some((mount) => covers(mount, place)),
    );
  }

  /** The containers that have the directory mounted. */
  of(directory: string): Container[] {
    return this.#having(directory).map(({ container }) => ({ ...container }));
  }

  /** The processes of those containers that call themselves `pid`, by their numbers here. */
  numbered(directory: string, pid: number): number[] {
    return this.#having(directory)
      .flatMap(({ pids }) => pids)
      .filter((here) => this.#processes.info(here).nspid?.at(-1) === pid);
  }
}

function containers(): Reaching[] {
  const byId = new Map<string, Reaching>();
  for (const pid of visiblePids()) {
    const { container } = parseCgroup(readProc(`/proc/${String(pid)}/cgroup`));
    if (container === undefined) continue;
    const known = byId.get(container.id);
    if (known !== undefined) known.pids.push(pid);
    else byId.set(container.id, { container, pids: [pid], mounts: [...mountsOf(pid).values()] });
  }
  return [...byId.values()];
}
