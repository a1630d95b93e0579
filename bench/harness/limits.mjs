// The open-file limit: a held lock is a descriptor. Raised for this process and its children as far as
// root may, by prlimit(1); Node itself raises only the soft one, and only when it starts.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

function limit() {
  const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return Number(soft);
}

/** How many files this process may have open, after trying to be allowed `wanted`. */
export function openFiles(wanted) {
  if (limit() >= wanted) return limit();
  const argv = ['--pid', String(process.pid), `--nofile=${wanted}:${wanted}`];
  spawnSync('prlimit', argv, { stdio: 'ignore' });
  return limit();
}
