// Which containers can reach a directory, from the mounts of their processes. An existence lock
// leaves no process behind that could be found by what it has open; who can have made it is then the
// best that can be said. Only where every process can be seen: from inside a container one's own is
// the only one in sight, and half a list names an innocent.

import { parseCgroup } from './container.js';
import { seesEveryProcess } from './liveness.js';
import { mountsOf, placeOf, shows } from './mounts.js';
import { readProc, visiblePids } from './procfs.js';
import type { Container } from './types.js';

export interface Reaching {
  container: Container;
  /** Its processes, by their numbers here. */
  pids: number[];
}

/** The containers that have `dir` mounted; a container's root filesystem does not count. */
export function containersThatReach(dir: string): Reaching[] {
  const place = placeOf(dir);
  if (place === undefined || !seesEveryProcess()) return [];
  const seen = new Map<string, Reaching & { reaches: boolean }>();
  for (const pid of visiblePids()) {
    const { container } = parseCgroup(readProc(`/proc/${String(pid)}/cgroup`));
    if (container === undefined) continue;
    const known = seen.get(container.id);
    if (known !== undefined) {
      known.pids.push(pid);
      continue;
    }
    const reaches = mountsOf(pid).some((mount) => mount.point !== '/' && shows(mount, place));
    seen.set(container.id, { container, pids: [pid], reaches });
  }
  return [...seen.values()].filter(({ reaches }) => reaches);
}
