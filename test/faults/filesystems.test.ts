// Filesystems without nameless files, leases or birth times give the same lock.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireSync, inspectSync, tryAcquireSync } from '../../src/index.js';
import { exitCode, flockWaiter, helperChild, holder } from '../helpers/child.js';
import { bindfs, overlay } from '../helpers/mounts.js';
import { hasWaiter, until } from '../helpers/scratch.js';

describe.each([
  ['bindfs (FUSE)', () => bindfs()],
  ['overlayfs', () => overlay()],
])('on %s', (_name, make) => {
  it('a lock is taken, refuses the others and leaves nothing', ({ skip }) => {
    const dir = make() ?? skip('the mount was refused');
    const path = join(dir, 'l');
    const lock = acquireSync(path);
    expect(lock.mechanisms).toMatchObject({ existence: true, flock: true });
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'kernel' });
    expect(exitCode('flock', '-n', path, 'true')).toBe(1);
    expect(exitCode('lockfile', '-r', '0', path)).toBe(73);
    expect(tryAcquireSync(path)).toBeUndefined();
    expect(lock.releaseSync()).toBe('unlinked');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('a lock whose holder was killed is stale and adopted', async ({ skip }) => {
    const dir = make() ?? skip('the mount was refused');
    const path = join(dir, 'l');
    const child = await holder(path);
    child.process.kill('SIGKILL');
    await child.ended;
    await until(() => inspectSync(path).verdict !== 'held'); // FUSE releases when told to
    expect(inspectSync(path).verdict).toBe('stale');
    const lock = tryAcquireSync(path);
    expect(lock?.held).toBe(true);
    expect(lock?.releaseSync()).toBe('unlinked');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('a blocked flock is handed the live name', async ({ skip }) => {
    const dir = make() ?? skip('the mount was refused');
    const path = join(dir, 'l');
    const lock = acquireSync(path);
    const waiter = flockWaiter(path);
    await until(() => hasWaiter(path));
    expect(lock.releaseSync()).toBe('handed-over');
    expect(await waiter.line()).toBe('held');
    expect(exitCode('flock', '-n', path, 'true')).toBe(1);
    await waiter.finish();
    await until(() => readdirSync(dir).length === 0);
  });

  it('three contending processes never overlap', async ({ skip }) => {
    const dir = make() ?? skip('the mount was refused');
    const args = [join(dir, 'l'), join(dir, 'marker'), '100'];
    const said = [1, 2, 3].map(() => helperChild('contender.mjs', args).line());
    expect(await Promise.all(said)).toEqual(Array(3).fill('entries 100 overlaps 0'));
  });
});
