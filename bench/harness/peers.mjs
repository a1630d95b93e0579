// The rivals: found by the same code as in the matrix, and installed by it where they are missing.

import { createRequire } from 'node:module';
import { say } from './progress.mjs';

const require = createRequire(import.meta.url);

// Deep in the build and not part of the public API: the bench belongs to this tree.
const built = async (file) => import(new URL(`../../dist/peers/${file}.js`, import.meta.url));

/** Which of the peers with these ids are there, after installing what is not. */
export async function provide(ids) {
  const { peers } = await built('index');
  const wanted = peers.filter(({ id }) => ids.includes(id));
  const missing = [];
  for (const peer of wanted) if (!(await peer.detect()).available) missing.push(peer);
  if (missing.length > 0) {
    const { installPeers } = await built('install');
    for (const failed of await installPeers(missing, say)) say(failed);
  }
  const there = new Set();
  for (const { id, name, detect } of wanted) {
    const found = await detect();
    if (found.available) there.add(id);
    else say(`${name} is left out: ${found.reason}`);
  }
  return there;
}

const { findPackage, packageDir } = await built('node');

/** The module of an npm peer; undefined where it is not installed. */
export function npmPackage(name) {
  return findPackage(name) === undefined ? undefined : require(packageDir(name));
}

/** The interpreter and the directory of the Python peers. */
export async function pythonPeers() {
  const { python, pythonDir } = await built('python');
  return { python: await python(), path: pythonDir() };
}
