// What a service sees: the lock directory and volumes in a mount namespace of its own, or an error.

import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { needRoot } from '../../helpers/namespaces.js';
import { scratch } from '../../helpers/scratch.js';
import { driverOf, DriverProcess, request, runs, sh, written } from '../../helpers/services.js';
import type { Instance } from '../../../src/supervisor/drivers/types.js';

needRoot();

const SLEEP = ['sleep', '1000'];
const NOBODY = 65534;
const AS_NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

function namespaceOf(pid: number | undefined | 'self'): string {
  return readlinkSync(`/proc/${String(pid)}/ns/mnt`);
}

/** A file as a process sees it. */
function seenBy(pid: number | undefined, path: string): string {
  return `/proc/${String(pid)}/root${path}`;
}

it('a lock taken at /tmp/balena and /tmp/resin is in the lock directory, and not on the host', async () => {
  const state = scratch();
  const order = request(
    state,
    sh('echo 1 > /tmp/balena/updates.lock; echo 2 > /tmp/resin/resin-updates.lock; sleep 1000'),
  );
  const { pid } = await driverOf(state).start(order);
  expect(await written(join(order.lockDir, 'resin-updates.lock'))).toBe('2');
  expect(readdirSync(order.lockDir).sort()).toEqual(['resin-updates.lock', 'updates.lock']);
  expect(readdirSync('/tmp/balena')).not.toContain('updates.lock');
  expect(namespaceOf(pid)).not.toBe(namespaceOf('self'));
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(state);
});

it('two services do not see the lock directories of each other', async () => {
  const state = scratch();
  const driver = driverOf(state);
  const lockDir = join(state, 'other');
  mkdirSync(lockDir);
  const one = await driver.start(request(state, SLEEP));
  const two = await driver.start({ ...request(state, SLEEP, { name: 'two' }), lockDir });
  writeFileSync(join(lockDir, 'mark'), '');
  expect(readdirSync(seenBy(one.pid, '/tmp/balena'))).toEqual([]);
  expect(readdirSync(seenBy(two.pid, '/tmp/balena'))).toEqual(['mark']);
  expect(namespaceOf(one.pid)).not.toBe(namespaceOf(two.pid));
});

it('the rest of /tmp is that of the host, both ways', async () => {
  const state = scratch();
  const { pid } = await driverOf(state).start(request(state, SLEEP));
  writeFileSync(join(state, 'later'), 'x');
  expect(readFileSync(seenBy(pid, join(state, 'later')), 'utf8')).toBe('x');
});

it('volumes are mounted: named, of the host, read-only, a file, and one over /tmp', async () => {
  const state = scratch();
  mkdirSync(join(state, 'host'));
  mkdirSync(join(state, 'tmp'));
  writeFileSync(join(state, 'file'), 'a file');
  const at = (name: string): string => join(state, 'seen', name);
  const volumes = [
    { source: 'data', target: at('deep/data'), readOnly: false },
    { source: join(state, 'host'), target: at('ro'), readOnly: true },
    { source: join(state, 'file'), target: at('f/file'), readOnly: true },
    { source: join(state, 'tmp'), target: '/tmp', readOnly: false },
  ];
  // Whatever lies below /tmp is covered by the last one, so this looks before.
  const other = { name: 'first', volumes: volumes.slice(0, 3) };
  const script =
    'touch "$1/deep/data/x"; touch "$1/ro/x" || echo refused > "$1/deep/data/y"; exec sleep 1000';
  const driver = driverOf(state);
  const first = await driver.start(request(state, sh(script, join(state, 'seen')), other));
  expect(await written(join(state, 'volumes/1/data/y'))).toBe('refused');
  expect(existsSync(join(state, 'volumes/1/data/x'))).toBe(true);
  expect(readFileSync(seenBy(first.pid, at('f/file')), 'utf8')).toBe('a file');
  expect(readdirSync(at('deep/data'))).toEqual([]);

  const order = request(state, SLEEP, { volumes });
  const second = await driver.start(order);
  writeFileSync(join(order.lockDir, 'updates.lock'), '');
  expect(readdirSync(seenBy(second.pid, '/tmp')).sort()).toEqual(['balena', 'resin']);
  expect(readdirSync(seenBy(second.pid, '/tmp/balena'))).toEqual(['updates.lock']);
});

it('a program may come with a volume', async () => {
  const state = scratch();
  mkdirSync(join(state, 'programs'));
  writeFileSync(join(state, 'programs/mine'), '#!/bin/sh\necho ran > /tmp/balena/out\n', {
    mode: 0o755,
  });
  const target = join(state, 'bin');
  const volumes = [{ source: join(state, 'programs'), target, readOnly: true }];
  const service = { volumes, environment: { PATH: `${target}:/bin` } };
  const order = request(state, ['mine'], service);
  const driver = driverOf(state);
  await driver.fetch(order.service);
  await driver.start(order);
  expect(await written(join(order.lockDir, 'out'))).toBe('ran');
});

it('what cannot be mounted is refused, and nothing is left', async () => {
  const state = scratch();
  const driver = driverOf(state);
  mkdirSync(join(state, 'dir'));
  symlinkSync('/etc', join(state, 'link'));
  writeFileSync(join(state, 'file'), '');
  const refusalOf = async (source: string, target: string): Promise<string> => {
    const volumes = [{ source, target, readOnly: false }];
    try {
      await driver.start(request(state, SLEEP, { volumes }));
      return 'none';
    } catch (error) {
      return String(error);
    }
  };
  const at = (name: string): string => join(state, name);
  expect(await refusalOf(at('no'), at('t'))).toContain(
    `'${at('no')}' cannot be shown to it (open: ENOENT)`,
  );
  expect(await refusalOf(at('dir'), at('link'))).toContain(
    `'${at('dir')}' cannot be mounted on '${at('link')}' (mount: ELOOP)`,
  );
  expect(await refusalOf(at('link'), at('dir'))).toContain('ELOOP');
  expect(await refusalOf(at('dir'), at('file'))).toContain('ENOTDIR');
  expect(await refusalOf(at('dir'), '/proc/x/y')).toContain("nothing at '/proc/x/y' to mount on");
  expect(await refusalOf(at('dir'), 'relative')).toContain("'relative' is not an absolute path");
  expect(await refusalOf('../out', at('t'))).toContain('nor the name of a volume');
  expect(await driver.list()).toEqual([]);
  expect(readdirSync(at('processes'))).toEqual([]);
  expect(existsSync(at('t'))).toBe(false);
});

it('a link in the place of the lock directory is not followed', async () => {
  const state = scratch();
  mkdirSync(join(state, 'tmp'));
  symlinkSync('/etc', join(state, 'tmp/balena'));
  const volumes = [{ source: join(state, 'tmp'), target: '/tmp', readOnly: false }];
  const start = driverOf(state).start(request(state, SLEEP, { volumes }));
  await expect(start).rejects.toThrow("cannot be mounted on '/tmp/balena' (mount: ELOOP)");
});

it('without the right to mount a service runs all the same, but not with volumes', async () => {
  const state = scratch();
  const order = request(state, SLEEP, {}, { BALENA_APP_LOCK_PATH: '/somewhere' });
  for (const dir of [state, order.lockDir]) chownSync(dir, NOBODY, NOBODY);
  const driver = new DriverProcess(state, {}, AS_NOBODY);
  const instance = await driver.do<Instance>({ do: 'start', request: order });
  const { pid } = instance;
  expect(namespaceOf(pid)).toBe(namespaceOf('self'));
  expect(statSync(`/proc/${String(pid)}`).uid).toBe(NOBODY);
  expect(readFileSync(`/proc/${String(pid)}/environ`, 'utf8')).toContain('PATH=/somewhere\0');
  const start = (source: string, readOnly = false): Promise<Instance> => {
    const volumes = [{ source, target: state, readOnly }];
    return driver.do({ do: 'start', request: request(state, SLEEP, { name: 'two', volumes }) });
  };
  await expect(start('data')).rejects.toThrow(
    /^cannot start service 'two': volume '.*' needs a mount namespace, .* \(unshare: EPERM\)$/,
  );
  await expect(start('/usr')).rejects.toThrow('needs a mount namespace');
  await expect(start(state, true)).rejects.toThrow('needs a mount namespace');
  const two = await start(state);
  await driver.do({ do: 'stop', instance, grace: 60_000 });
  await driver.do({ do: 'stop', instance: two, grace: 60_000 });
  expect(await driver.do({ do: 'list' })).toEqual([]);
  expect(runs(pid ?? 0)).toBe(false);
});
