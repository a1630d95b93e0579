// The npm packages remove what has their name when their process ends, however long ago that was
// theirs: what becomes of the lock that took its place by force.

import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { takeSync, type Lock } from '../../../src/index.js';
import { findPackage } from '../../../src/peers/node.js';
import { Child } from '../../helpers/child.js';
import { itWith } from '../../helpers/peers.js';
import { scratch } from '../../helpers/scratch.js';
import { expectLost, expectOurs } from './overridden.js';

const LOCKFILE = 'require(process.argv[1]).lockSync(process.argv[2])';
const PROPER = `require(process.argv[1]).lockSync(process.argv[2].slice(0, -'.lock'.length), {
  realpath: false,
  onCompromised: () => undefined,
})`;

const lacks = (name: string): string | undefined =>
  findPackage(name) === undefined ? `no npm package ${name}` : undefined;

/** A holder by the package, and our lock that took its place. */
async function forced(name: string, take: string): Promise<{ child: Child; lock: Lock }> {
  const path = join(scratch(), 'updates.lock');
  const script = `${take}; console.log('held'); process.stdin.on('end', () => process.exit()).resume()`;
  const from = dirname(findPackage(name)?.path ?? name);
  const child = new Child(process.execPath, ['-e', script, from, path]);
  expect(await child.line()).toBe('held');
  const lock = takeSync(path, { force: true });
  onTestFinished(() => void lock.releaseSync());
  return { child, lock };
}

describe.each(['exit', 'SIGTERM', 'SIGINT', 'SIGKILL'] as const)('at %s', (how) => {
  const end = async (child: Child): Promise<void> => {
    if (how === 'exit') child.process.stdin?.end();
    else child.process.kill(how);
    await child.ended;
  };

  const kills = how === 'SIGKILL';
  const told = kills ? 'leaves our lock' : 'removes our lock, and we are told';
  itWith(lacks('lockfile'), `lockfile of npm ${told}`, async () => {
    const { child, lock } = await forced('lockfile', LOCKFILE);
    await end(child);
    if (kills) expectOurs(lock);
    else await expectLost(lock);
  });

  itWith(lacks('proper-lockfile'), 'proper-lockfile of npm leaves our lock', async () => {
    const { child, lock } = await forced('proper-lockfile', PROPER);
    await end(child);
    expectOurs(lock); // it removes directories only
  });
});
