// What an observer clears by itself, and the near misses that it leaves.

import { closeSync, existsSync, openSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inspectSync, observe, type LockEvent } from '../../../src/index.js';
import { exitCode, flockHolder, holder, python, type Child } from '../../helpers/child.js';
import { BASES, scratch, until } from '../../helpers/scratch.js';
import { Watching } from '../../helpers/watching.js';

// A flock(1) that came and went. That it made its file may have been missed (see watch.test.ts): then
// another one comes. Resolves once what it left is known to be residue.
async function finishedFlock(watching: Watching, path: string): Promise<void> {
  for (;;) {
    const child = await flockHolder(path);
    await watching.flocked(path);
    await child.finish();
    const { verdict } = await watching.next('released', path);
    if (verdict === 'residue') return;
    unlinkSync(path);
    await watching.next('released', path);
  }
}

// After this everything that was residue before has been cleared.
async function hasCleared(watching: Watching, dir: string): Promise<void> {
  const path = join(dir, 'control.lock');
  await finishedFlock(watching, path);
  await watching.next('cleared', path);
}

it.each(BASES)('in %s what a finished flock left is cleared, and said', async (base) => {
  const dir = scratch(base);
  const path = join(dir, 'a.lock');
  const watching = await Watching.start([dir]);
  await finishedFlock(watching, path);
  await watching.next('cleared', path);
  expect(existsSync(path)).toBe(false);
  expect(exitCode('/bin/sh', '-c', 'set -C; : > "$0"', path)).toBe(0); // an existence locker gets it
  await watching.next('took', path);
});

it('what a handed-over lockbridge lock left is cleared although its maker was killed', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const watching = await Watching.start([dir]);
  const child = await holder(path);
  await watching.next('took', path);
  const fd = openSync(path, 'r');
  child.say('release');
  expect(await child.line()).toBe('released handed-over');
  child.process.kill('SIGKILL');
  await child.ended;
  expect(inspectSync(path).verdict).toBe('residue');
  closeSync(fd);
  await watching.next('cleared', path);
  expect(existsSync(path)).toBe(false);
});

it.skipIf(process.getuid?.() !== 0)(
  'it clears from a pid namespace that cannot see who has a file open, but not what is open',
  async () => {
    const dir = scratch();
    const under = ['unshare', '-pf', '--kill-child', '--mount-proc'];
    const watching = await Watching.start([dir], {}, under);
    const [kept = '', left = ''] = ['a.lock', 'b.lock'].map((name) => join(dir, name));
    const fds: number[] = [];
    for (const path of [kept, left]) {
      const child = await holder(path);
      fds.push(openSync(path, 'r'));
      child.say('release');
      expect(await child.line()).toBe('released handed-over');
      child.process.kill('SIGKILL');
      await child.ended;
    }
    closeSync(fds[1] ?? -1);
    await watching.next('cleared', left);
    expect([kept, left].filter(existsSync)).toEqual([kept]);
    closeSync(fds[0] ?? -1);
    await watching.next('cleared', kept);
  },
);

it('residue is left while somebody has it open', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const watching = await Watching.start([dir]);
  const child = await flockHolder(path);
  await watching.flocked(path);
  const fd = openSync(path, 'r');
  await child.finish();
  await watching.next('released', path);
  await hasCleared(watching, dir);
  expect(existsSync(path)).toBe(true);
  closeSync(fd);
});

it('a live empty lock that a script flocks in passing is left', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const open = join(dir, 'b.lock');
  const watching = await Watching.start([dir]);
  closeSync(openSync(path, 'wx')); // as npm lockfile does
  const fd = openSync(open, 'wx');
  for (const one of [path, open]) {
    await watching.next('took', one);
    expect(exitCode('flock', '-n', one, 'true')).toBe(0);
    const child = await flockHolder(one);
    await watching.flocked(one);
    await child.finish();
    await watching.next('released', one);
  }
  await hasCleared(watching, dir);
  expect([path, open].filter(existsSync)).toEqual([path, open]);
  closeSync(fd);
});

it('what was there before the watch is left', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const child = await flockHolder(path);
  const watching = await Watching.start([dir]);
  await child.finish();
  expect(await watching.next('released', path)).toMatchObject({ by: 'undecidable' });
  await hasCleared(watching, dir);
  expect(existsSync(path)).toBe(true);
});

it('a stale lock is left: it tells of a crash', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const watching = await Watching.start([dir]);
  const child = await holder(path);
  await watching.next('took', path);
  child.process.kill('SIGKILL');
  await watching.next('died', path);
  await hasCleared(watching, dir);
  expect(inspectSync(path).verdict).toBe('stale');
});

it('what only a policy calls residue is left', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  closeSync(openSync(path, 'wx'));
  const events: LockEvent[] = [];
  using observation = observe([dir], { empty: 'free', onEvent: (event) => events.push(event) });
  expect(observation.locks()).toMatchObject([{ path, verdict: 'residue' }]);
  const control = join(dir, 'control.lock');
  const cleared = (): boolean => events.some(({ kind }) => kind === 'cleared');
  while (!cleared()) {
    const before = events.length;
    const child = await flockHolder(control);
    await until(() => events.slice(before).some(({ by }) => by === 'kernel'));
    await child.finish();
    const last = (): LockEvent | undefined => events.findLast(({ path: at }) => at === control);
    await until(() => last()?.kind === 'released');
    // Proven or not, the policy says residue; the evidence tells which.
    const [seen] = observation.locks().filter(({ path: at }) => at === control);
    if (seen?.evidence.some(({ kind }) => kind === 'lineage') === true) await until(cleared);
    else unlinkSync(control);
  }
  expect(events.filter(({ kind }) => kind === 'cleared').map(({ path: at }) => at)).toEqual([
    control,
  ]);
  expect(existsSync(path)).toBe(true);
});

it('nothing is cleared where that is forbidden', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const watching = await Watching.start([dir], { NO_CLEAR: '1' });
  await finishedFlock(watching, path);
  for (;;) {
    const { idle } = await watching.state();
    if (idle) break; // no timer is left that could clear it
    exitCode('/bin/true');
  }
  expect(existsSync(path)).toBe(true);
});

// Makes argv[2] files come and go in the directory argv[1], under names of no lock.
const STORM = `
import os, sys
for i in range(int(sys.argv[2])):
    name = '%s/x%d' % (sys.argv[1], i % 100)
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    os.unlink(name)
print('done')
`;

async function stopped(child: Child): Promise<void> {
  const stat = `/proc/${String(child.process.pid)}/stat`;
  child.process.kill('SIGSTOP');
  await until(() => readFileSync(stat, 'latin1').split(') ')[1]?.startsWith('T') === true);
}

it('when events were lost nothing older is proven: what a flock leaves then is left', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const watching = await Watching.start([dir]);
  const child = await flockHolder(path);
  await watching.flocked(path);
  await stopped(watching.child);
  const most = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  expect(await python(STORM, dir, String(most)).line()).toBe('done');
  watching.child.process.kill('SIGCONT');
  await watching.next('overflow');
  await child.finish();
  expect(await watching.next('released', path)).toMatchObject({ by: 'undecidable' });
  await hasCleared(watching, dir);
  expect(existsSync(path)).toBe(true);
});
