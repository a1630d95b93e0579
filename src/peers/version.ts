// Finding a command and its version. Several lock commands have no option that prints one, so the
// package manager is asked where there is one.

import { run } from './children.js';
import type { Detection } from './types.js';

/** The first line that `argv` prints, if it runs at all. */
export async function commandVersion(argv: readonly string[]): Promise<Detection> {
  const ran = await run(argv);
  if (ran.status === null) return { available: false, reason: `no \`${String(argv[0])}\` in PATH` };
  const [line = ''] = (ran.stdout + ran.stderr).trim().split('\n');
  return { available: true, version: line.replace(/^\w+ (?:from )?/, '') };
}

/** Whether `argv` runs; its version is that of the Debian package, where dpkg knows it. */
export async function packagedVersion(argv: readonly string[], debian: string): Promise<Detection> {
  const found = await commandVersion(argv);
  if (!found.available) return found;
  const asked = await run(['dpkg-query', '-W', '-f', '${Version}', debian]);
  const version = asked.status === 0 ? `${debian} ${asked.stdout.trim()}` : 'unknown version';
  return { available: true, version };
}
