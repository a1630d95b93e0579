// Programs that take a lock for abandoned once it is old, however much alive its holder is. They go by
// the file's times, which a lockbridge that lives keeps ahead of the clock and renews every minute.

import { dirname, join } from 'node:path';
import { utimesSync } from 'node:fs';
import { expect, onTestFinished } from 'vitest';
import { acquireSync, inspectSync, tryAcquireSync, type Lock } from '../../../src/index.js';
import { findPackage } from '../../../src/peers/node.js';
import { Child, exitCode } from '../../helpers/child.js';
import { itWith, lacksCommand, lacksPerl } from '../../helpers/peers.js';
import { scratch, until } from '../../helpers/scratch.js';
import { expectOurs } from './overridden.js';

const noProcmail = lacksCommand('lockfile');
const noSimple = lacksPerl('LockFile::Simple');
const noNpm = findPackage('lockfile') === undefined ? 'no npm package lockfile' : undefined;

function ours(): Lock {
  const lock = acquireSync(join(scratch(), 'l'));
  onTestFinished(() => void lock.releaseSync());
  return lock;
}

// After one second; then it would wait again, but not for longer than its retries.
const procmail = (path: string): number | null =>
  exitCode('lockfile', '-l', '1', '-r', '1', '-s', '0', '-1', path);

itWith(
  noProcmail,
  'procmail -l 1 takes an old lock of its like, which lockbridge calls held',
  () => {
    const path = join(scratch(), 'l');
    expect(exitCode('lockfile', '-r', '0', path)).toBe(0);
    const then = Date.now() / 1000 - 10;
    utimesSync(path, then, then);
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', protocol: 'procmail' });
    expect(tryAcquireSync(path)).toBeUndefined();
    expect(procmail(path)).toBe(0);
  },
);

itWith(noProcmail, 'procmail -l 1 is refused by lockbridge’s, whose time is ahead', () => {
  const lock = ours();
  expect(procmail(lock.path)).toBe(73);
  expectOurs(lock);
});

itWith(noSimple, 'LockFile::Simple with a -hold of one second is refused by lockbridge’s', () => {
  const lock = ours();
  const script = `
    use LockFile::Simple;
    my $locks = LockFile::Simple->make(-format => '%f', -max => 2, -delay => 1, -hold => 1);
    exit($locks->trylock($ARGV[0]) ? 0 : 7)`;
  expect(exitCode('perl', '-e', script, lock.path)).toBe(7);
  expectOurs(lock);
});

// It goes by the ctime, which nobody can set: ours is as old as the last renewal, a minute at the most.
async function npmStale(path: string, stale: number): Promise<string> {
  const script = `
    const { lockSync } = require(process.argv[1]);
    try { lockSync(process.argv[2], { stale: Number(process.argv[3]) }); console.log('taken') }
    catch ({ code }) { console.log(code) }
    process.stdin.resume()`;
  const from = dirname(findPackage('lockfile')?.path ?? 'lockfile');
  return new Child(process.execPath, ['-e', script, from, path, String(stale)]).line();
}

itWith(noNpm, 'npm lockfile with a `stale` above a minute is refused by lockbridge’s', async () => {
  const lock = ours();
  expect(await npmStale(lock.path, 61_000)).toBe('EEXIST');
  expectOurs(lock);
});

itWith(
  noNpm,
  'npm lockfile with a shorter `stale` takes lockbridge’s, and we are told',
  async () => {
    const lock = ours();
    await until(async () => (await npmStale(lock.path, 1)) === 'taken');
    await until(() => lock.lost.aborted);
    expect(lock.held).toBe(false);
    expect(lock.releaseSync()).toBe('lost');
    expect(inspectSync(lock.path)).toMatchObject({ verdict: 'held', by: 'undecidable' });
  },
);
