// C libraries that are put before the C library of a process (LD_PRELOAD, ld.so(8)).

import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BUILT = fileURLToPath(new URL('../../../build/preload/', import.meta.url));

/** The library built from `rig/NAME.c`, or why it cannot be built: no C compiler. */
export function preload(name: string): { library: string } | { missing: string } {
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  const library = `${BUILT}${name}.so`;
  const unfinished = `${library}.${String(process.pid)}`; // other tests may build it now
  mkdirSync(BUILT, { recursive: true });
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', unfinished, source, '-ldl'], {
      stdio: 'pipe',
    });
  } catch (error) {
    return { missing: String((error as { stderr?: unknown }).stderr ?? error) };
  }
  renameSync(unfinished, library);
  return { library };
}
