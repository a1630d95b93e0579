// An app that knows only the lock path of old devices: its lock is in the way as any other, and the
// refusal names its path. `updates.lock` beside it stays untouched.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import type { UpdateLocks } from '../../../src/supervisor/index.js';
import { exitCode, flockHolder } from '../../helpers/child.js';
import { needRoot, unshared } from '../../helpers/namespaces.js';
import { itWith, lacksCommand } from '../../helpers/peers.js';
import { openScratch, refusal, world } from '../../helpers/update-locks.js';

needRoot(); // for an app's own view of /tmp

const OLD = 'resin-updates.lock';

async function expectRefused(locks: UpdateLocks, path: string): Promise<void> {
  const error = await refusal(locks.lock());
  expect(error.code).toBe('ERR_UPDATES_LOCKED');
  expect(error.message).toContain(`'${path}'`);
  expect(error.message).not.toContain('\n');
  expect(error.blockers).toMatchObject([{ path, verdict: 'held' }]);
}

describe('only the old path is taken, and the supervisor refuses and names it', () => {
  itWith(lacksCommand('lockfile'), 'by procmail’s lockfile', async () => {
    const { locks, path } = world();
    expect(exitCode('lockfile', '-r', '0', path('two', OLD))).toBe(0);
    await expectRefused(locks, path('two', OLD));
    for (const service of ['one', 'two']) expect(existsSync(path(service))).toBe(false);
    execFileSync('rm', ['-f', path('two', OLD)]);
    await locks.withLock(() => undefined);
  });

  itWith(lacksCommand('flock'), 'by flock(1), as /tmp/resin/resin-updates.lock', async () => {
    const { locks, path } = world();
    const script = `
      mount --bind "$1" /mnt && mount -t tmpfs none /tmp && mkdir /tmp/resin &&
      mount --bind /mnt /tmp/resin && exec flock -n /tmp/resin/${OLD} sh -c 'echo held; read -r _'`;
    await unshared(['--mount'], script, dirname(path('one')));
    await expectRefused(locks, path('one', OLD));
  });

  itWith(lacksCommand('flock'), 'in the data directory, which apps know as /data', async () => {
    const dataDir = join(openScratch(), 'data');
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o777);
    const { again, path } = world();
    const locks = again({ dataDir });
    const holder = await flockHolder(join(dataDir, OLD));
    await expectRefused(locks, join(dataDir, OLD));
    for (const service of ['one', 'two']) expect(existsSync(path(service))).toBe(false);
    await holder.finish();
  });
});
