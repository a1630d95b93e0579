// Disks and limits that change while a lock is held, real ones: no fault is injected here. A lock is
// let go or stays provably nobody's, a refusal names call and path, and what is there is kept.
// What a disk that is full from the beginning does is in refused.test.ts.

import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requirePeers } from '../../src/env.js';
import { inspectSync, tryAcquireSync } from '../../src/index.js';
import { mount, scratch, until } from '../helpers/scratch.js';
import { STRANGER } from './rig/scenes.js';
import { lacksShim, Victim } from './rig/victim.js';

if (lacksShim !== undefined && requirePeers()) throw new Error(`no C compiler: ${lacksShim}`);
if (lacksShim !== undefined) console.warn(`skipped, no C compiler: ${lacksShim}`);

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe', timeout: 10_000 });
}

/** Writes until nothing more can be written: files with something in them, or empty ones. */
function fill(dir: string, content: Buffer | string): void {
  try {
    for (let i = 0; i < 1000; i++) writeFileSync(join(dir, `f${String(i)}`), content);
  } catch {
    return; // full
  }
  throw new Error(`${dir} does not fill up`);
}

function descriptors(victim: Victim, limit: string): void {
  run('prlimit', '--pid', String(victim.pid), `--nofile=${limit}:`);
}

describe.skipIf(lacksShim !== undefined).each(['node', 'Python'] as const)('%s', (language) => {
  it('a lock whose disk turns read-only is handed over, and removed once that is possible', async ({
    skip,
  }) => {
    const dir = scratch('/dev/shm');
    const path = join(dir, 'l');
    const victim = new Victim(language);
    expect(await victim.does({ act: 'acquire', path })).toMatchObject({ said: 'held' });
    // A mount with a file open for writing cannot turn read-only; one over it can.
    const refused = mount(dir, 'mount', '--bind', dir, dir);
    if (refused !== undefined) skip(`mount refused: ${refused}`);
    run('mount', '-o', 'remount,bind,ro', dir);
    const released = await victim.does({ act: 'release', path });
    expect(released).toMatchObject({ said: 'handed-over', fds: 0 });
    expect(inspectSync(path).verdict).toBe('residue');
    const again = await victim.does({ act: 'acquire', path });
    expect(again?.error).toMatchObject({ code: 'ERR_LOCK_CREATE', path });
    expect(again?.error?.syscall).toBeDefined();
    run('mount', '-o', 'remount,bind,rw', dir);
    await until(() => !existsSync(path));
    await victim.finish();
  });

  it.for([
    ['blocks', 'size=64k', Buffer.alloc(4096)],
    ['inodes', 'size=1m,nr_inodes=8', ''],
  ] as const)(
    'out of %s: a held lock is let go, a forced break keeps what is there',
    async ([, options, content], { skip }) => {
      const dir = scratch();
      const refused = mount(dir, 'mount', '-t', 'tmpfs', '-o', options, 'tmpfs', dir);
      if (refused !== undefined) skip(`mount refused: ${refused}`);
      const path = join(dir, 'l');
      const stranger = join(dir, 's');
      writeFileSync(stranger, STRANGER);
      const victim = new Victim(language);
      expect(await victim.does({ act: 'acquire', path })).toMatchObject({ said: 'held' });
      fill(dir, content);
      const before = readdirSync(dir);
      const forced = await victim.does({ act: 'replace', path: stranger });
      expect(forced?.error).toMatchObject({ code: 'ERR_LOCK_CREATE', path: stranger });
      expect(readFileSync(stranger, 'utf8')).toBe(STRANGER);
      expect(readdirSync(dir)).toEqual(before);
      const reader = openSync(path, 'r');
      const released = await victim.does({ act: 'release', path });
      expect(released).toMatchObject({ said: 'handed-over', fds: 0 });
      closeSync(reader);
      await until(() => !existsSync(path));
      await victim.finish();
    },
  );

  it('without descriptors a held lock is let go, and what is there is neither taken nor broken', async () => {
    const dir = scratch();
    const path = join(dir, 'l');
    const other = join(dir, 's');
    writeFileSync(other, STRANGER);
    const victim = new Victim(language);
    expect(await victim.does({ act: 'acquire', path })).toMatchObject({ said: 'held' });
    descriptors(victim, '3');
    for (const act of ['acquire', 'inspect'] as const) {
      const refused = await victim.does({ act, path: other });
      expect(refused?.error).toMatchObject({ code: 'ERR_LOCK_SYSTEM', path: other });
      expect(refused?.error?.message).toContain('EMFILE');
    }
    const released = await victim.does({ act: 'release', path });
    expect(released?.said).toBe('unlinked');
    descriptors(victim, '1024');
    expect(readFileSync(other, 'utf8')).toBe(STRANGER);
    expect(await victim.does({ act: 'inspect', path: other })).toMatchObject({ fds: 0 });
    const next = tryAcquireSync(path);
    expect(next?.releaseSync()).toBe('unlinked');
    await victim.finish();
  });
});
