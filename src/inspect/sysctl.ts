// One kernel setting below /proc/sys, as a number.

import { readFileSync } from 'node:fs';

export const SYSCTLS = '/proc/sys';

/** `name` with slashes, e.g. `fs/leases-enable`; undefined where it cannot be read. */
export function sysctl(name: string, root: string = SYSCTLS): number | undefined {
  try {
    return parseInt(readFileSync(`${root}/${name}`, 'utf8'), 10);
  } catch {
    return undefined;
  }
}
