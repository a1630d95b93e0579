// A directory in the place of /proc/sys, so that no test changes a setting of the host.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { scratch } from './scratch.js';

/** The root for settings such as `{ 'fs/leases-enable': 0 }`; call it again to change them. */
export function sysctls(settings: Record<string, number>, root: string = scratch()): string {
  for (const [name, value] of Object.entries(settings)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), `${String(value)}\n`);
  }
  return root;
}
