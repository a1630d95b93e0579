// Whole processes, started by a small one in C: Node's own spawn costs more than what is measured.

import { numbers, program } from './compile.mjs';

/** Of each of `n` runs, its microseconds and its largest resident set in MB; undefined without C. */
export function spawned(n, ...argv) {
  const binary = program('spawn');
  return (
    binary &&
    (() => {
      const told = numbers(binary, n, ...argv);
      const runs = Array.from({ length: n }, (_, i) => told.slice(2 * i, 2 * i + 2));
      return { us: runs.map(([ns]) => ns / 1000), mb: runs.map(([, kb]) => kb / 1024) };
    })
  );
}

/** Only the times. */
export function timed(n, ...argv) {
  const run = spawned(n, ...argv);
  return run && (() => run().us);
}
