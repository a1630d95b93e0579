// Peers that run in Node: npm packages from the cache of peers (or from a clone's node_modules), and
// the line protocol around the few lines that are the peer.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { peersDir } from '../env.js';
import { run } from './children.js';
import { openProgram } from './program-session.js';
import type { Detection, Session } from './types.js';

// An import() in the script makes `hold` and `prepare` async, so everything is awaited in order.
const LOOP = `
const answer = (text) => process.stdout.write(text.replaceAll('\\n', ' ') + '\\n');
const said = async (verb, path) => {
  if (verb === 'prepare') return (await prepare(path), 'ready');
  if (verb === 'release') return (await release(path), 'released');
  const got = await hold(path);
  if (verb === 'take' && got === 'acquired') await release(path);
  return got;
};
(async () => {
  await begin();
  answer('ready');
  for await (const line of require('node:readline').createInterface({ input: process.stdin })) {
    const at = line.indexOf(' ');
    answer(await said(line.slice(0, at), line.slice(at + 1)).catch((e) => 'error ' + String(e)));
  }
  process.exit(0);
})();
`;

/** Where npm puts the packages of the peers. */
export function npmDir(): string {
  return join(peersDir(), 'npm');
}

interface Manifest {
  path: string;
  version: string;
}

/** The package of a peer: the cache first, then whatever lockbridge itself can resolve. */
export function findPackage(name: string): Manifest | undefined {
  // Not by resolving its package.json: a package with `exports` may keep that to itself.
  const dirs = [join(npmDir(), 'package.json'), import.meta.url].flatMap(
    (from) => createRequire(from).resolve.paths(name) ?? [],
  );
  for (const dir of dirs) {
    const path = join(dir, name, 'package.json');
    try {
      const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
      return { path, version };
    } catch {
      // Not in this place.
    }
  }
  return undefined;
}

/** Where that package is, as require() takes it. */
export function packageDir(name: string): string {
  return dirname(findPackage(name)?.path ?? join(name, 'package.json'));
}

export async function detectPackage(name: string): Promise<Detection> {
  const found = findPackage(name);
  return Promise.resolve(
    found === undefined
      ? { available: false, reason: `the npm package ${name} is not installed` }
      : { available: true, version: found.version },
  );
}

/** The same for a package with an addon, which may be missing or compiled for another Node. */
export async function detectAddon(name: string): Promise<Detection> {
  const found = await detectPackage(name);
  if (!found.available) return found;
  const ran = await run([process.execPath, '-e', 'require(process.argv[1])', packageDir(name)]);
  if (ran.status === 0) return found;
  return { available: false, reason: `the npm package ${name} is not compiled for this Node` };
}

/**
 * Starts a script that defines `begin()`, `hold(path)` (returns the answer), `release(path)` and,
 * if it `prepares`, `prepare(dir)`. `args` are in `process.argv` from 1 on.
 */
export async function openNode(
  id: string,
  script: string,
  args: readonly string[],
  prepares: boolean = false,
): Promise<Session> {
  return openProgram({ id, argv: [process.execPath, '-e', script + LOOP, ...args], prepares });
}
