// The file that a flock(1) leaves behind: to the byte what a live npm `lockfile` lock is. The disk alone
// cannot tell, a policy may, and who saw it made knows.

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { inspectSync, tryAcquireSync, watchDirectory } from '../../../src/index.js';
import { ORIGIN } from '../../../src/native.js';
import { findPackage } from '../../../src/peers/node.js';
import { originOf } from '../../../src/watch.js';
import { exitCode, flockHolder } from '../../helpers/child.js';
import { itWith, lacksCommand } from '../../helpers/peers.js';
import { scratch, until } from '../../helpers/scratch.js';

const missing = lacksCommand('flock');
const noNpm = findPackage('lockfile') === undefined ? 'no npm package lockfile' : undefined;

/** The file of a flock(1) that has come and gone, with nobody looking. */
function left(): string {
  const path = join(scratch(), 'l');
  expect(exitCode('flock', path, 'true')).toBe(0);
  return path;
}

itWith(missing ?? noNpm, 'it has what a live lock of npm lockfile has', () => {
  const path = join(scratch(), 'l');
  const script =
    'require(process.argv[1]).lockSync(process.argv[2]); process.kill(process.pid, "SIGKILL")';
  const from = dirname(findPackage('lockfile')?.path ?? 'lockfile');
  spawnSync(process.execPath, ['-e', script, from, path]);
  const [live, dead] = [lstatSync(path), lstatSync(left())];
  const traits = ['size', 'mode', 'nlink', 'uid', 'gid'] as const;
  for (const trait of traits) expect(dead[trait]).toBe(live[trait]);
});

itWith(missing, 'with nobody having looked it is held, and that is said', () => {
  const path = left();
  const seen = inspectSync(path);
  expect(seen).toMatchObject({ verdict: 'held', by: 'undecidable' });
  expect(seen.evidence.at(-1)?.text).toMatch(/what a finished flock\(1\) leaves/);
  expect(tryAcquireSync(path)).toBeUndefined();
  expect(existsSync(path)).toBe(true);
});

itWith(missing, 'with the policy that only kernel lockers live here it is free', () => {
  const path = left();
  expect(inspectSync(path, { empty: 'free' }).verdict).toBe('residue');
  const { ino } = statSync(path);
  const lock = tryAcquireSync(path, { empty: 'free' });
  expect(statSync(path).ino).toBe(ino); // adopted: the name never vanished
  expect(lock?.releaseSync()).toBe('unlinked');
});

itWith(missing, 'with a watcher that saw it made it is free', async () => {
  const dir = scratch();
  const path = join(dir, 'l');
  using _watch = watchDirectory(dir);
  const settled: readonly unknown[] = [ORIGIN.locked, ORIGIN.unknown];
  // Its making may be missed on a busy machine: then another one is made.
  for (;;) {
    const child = await flockHolder(path);
    await until(() => settled.includes(originOf(path)?.origin));
    const proven = originOf(path)?.origin === ORIGIN.locked;
    await child.finish();
    if (proven) break;
    spawnSync('rm', [path]);
  }
  await until(() => inspectSync(path).verdict === 'residue');
  expect(tryAcquireSync(path)?.releaseSync()).toBe('unlinked');
});

itWith(missing, 'with a watcher that came after it was made it is held', async () => {
  const path = join(scratch(), 'l');
  const child = await flockHolder(path);
  using _watch = watchDirectory(dirname(path));
  expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'kernel' });
  await child.finish();
  expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
});
