// Which containers can reach a directory, from the mounts of their processes. An existence lock
// leaves no process behind that could be found by what it has open; who can have made it is then the
// best that can be said.

import { parseCgroup } from './container.js';
import { mountsOf, placeOf, shows } from './mounts.js';
import { readProc, visiblePids } from './procfs.js';
import type { Container } from './types.js';

/** The containers that have `dir` mounted; a container's root filesystem does not count. */
export function containersThatReach(dir: string): Container[] {
  const place = placeOf(dir);
  if (place === undefined) return [];
  const seen = new Map<string, Container | undefined>();
  for (const pid of visiblePids()) {
    const { container } = parseCgroup(readProc(`/proc/${String(pid)}/cgroup`));
    if (container === undefined || seen.has(container.id)) continue;
    const reaches = mountsOf(pid).some((mount) => mount.point !== '/' && shows(mount, place));
    seen.set(container.id, reaches ? container : undefined);
  }
  return [...seen.values()].filter((container) => container !== undefined);
}
