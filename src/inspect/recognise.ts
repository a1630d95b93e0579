// Whose file is this? Asks the footprints of src/peers, one file per protocol. They are loaded with
// the first foreign file: who only ever meets lockbridge's own locks need not load thirty modules
// (about 10 ms, half of what loading lockbridge takes otherwise).

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { RawLook } from '../native.js';
import type { Footprint } from '../peers/types.js';
import { Directories } from './directories.js';
import { tracesOf } from './traces.js';

type Footprints = typeof import('../peers/footprints.js');

let footprints: Footprints | undefined;

// A judgement cannot wait for import(), so this is require(), which takes ES modules since 20.19. By
// way of dist/, so that it is JavaScript also where this file runs as TypeScript, in the tests.
function load(): Footprints {
  const url = new URL('../../dist/peers/footprints.js', import.meta.url);
  return createRequire(import.meta.url)(fileURLToPath(url)) as Footprints;
}

/**
 * The protocol that made what was looked at, as far as its traces tell. Give the same `directories`
 * for all paths of one inspection.
 */
export function recognise(
  path: string,
  look: RawLook,
  directories: Directories = new Directories(),
): Footprint | undefined {
  const traces = tracesOf(path, look, directories);
  if (traces === undefined) return undefined;
  footprints ??= load();
  return footprints.recognise(traces);
}
