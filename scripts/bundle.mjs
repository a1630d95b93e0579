// Bundles the executable into dist/bin.cjs: the command lines that need no parser (src/cli/plain.ts)
// with all their modules in a few files, as CommonJS, because Node takes 4 ms to set up its ESM loader
// and 80 ms to find and link the modules one by one. Everything else is left as it is and imported.
//
// The files lie directly in dist/, where `new URL('..', import.meta.url)` is the package, as it is for
// the modules that say so.

import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

const leaveTheRestAlone = {
  name: 'leave the parser and its commands alone',
  resolveId: (id) => (id === './main.js' ? { id: './cli/main.js', external: true } : null),
};

/** Bundles `entry`, which is dist/cli/bin.js. */
export async function bundleBin(entry) {
  const dist = join(dirname(entry), '..');
  const bundle = await rolldown({
    input: { bin: entry },
    platform: 'node',
    plugins: [leaveTheRestAlone],
    treeshake: { moduleSideEffects: (id) => id === entry },
  });
  await bundle.write({
    dir: dist,
    format: 'cjs',
    entryFileNames: 'bin.cjs',
    chunkFileNames: 'bin-[name].cjs',
    comments: false,
  });
  chmodSync(join(dist, 'bin.cjs'), 0o755);
}
