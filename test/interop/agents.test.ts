// The agents of balenaOS where the matrix has no cell for them: the reboot of the host OS, which asks
// for a flock and holds nothing, and the force of Helios and of the supervisor.

import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { acquireSync } from '../../src/index.js';
import { flockHolder, python } from '../helpers/child.js';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';

// As safe_reboot of meta-balena asks, once and without the reboot.
const REBOOT = `
find "$1" -name updates.lock | while read -r lock; do
  exec {fd}<"$lock"
  flock -nx "$fd" || { echo "waiting on $lock"; exit 1; }
  exec {fd}>&-
done`;

function reboots(services: string): boolean {
  const { status, stderr } = spawnSync('bash', ['-c', REBOOT, 'safe_reboot', services]);
  expect(stderr.toString()).toBe('');
  return status === 0;
}

function service(): { services: string; path: string } {
  const services = scratch();
  const dir = join(services, '123', 'main');
  mkdirSync(dir, { recursive: true });
  return { services, path: join(dir, 'updates.lock') };
}

const lacking = lacksCommand('flock');

itWith(lacking, 'the reboot of the host OS waits for lockbridge, and for nobody after it', () => {
  const { services, path } = service();
  const lock = acquireSync(path);
  expect(reboots(services)).toBe(false);
  lock.releaseSync();
  expect(reboots(services)).toBe(true);
});

itWith(lacking, 'the reboot of the host OS waits for flock(1)', async () => {
  const { services, path } = service();
  await flockHolder(path);
  expect(reboots(services)).toBe(false);
});

itWith(lacking, 'a lock that is only a file does not stop the reboot of the host OS', () => {
  const { services, path } = service();
  writeFileSync(path, '', { flag: 'wx' });
  expect(reboots(services)).toBe(true);
});

// Under a flock on the directory: its file, locked, in place of whatever is there.
const FORCE = `
import fcntl, os, sys
path = sys.argv[1]
directory = os.open(os.path.dirname(path), os.O_RDONLY)
fcntl.flock(directory, fcntl.LOCK_EX)
temporary = os.path.join(os.path.dirname(path), 'tmp-forced.lock')
fd = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
os.write(fd, b'\\x02c')
fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
os.rename(temporary, path)
print('held', flush=True)
sys.stdin.read()
`;

it('Helios with force replaces our file; we are told, and leave its file alone', async () => {
  const { path } = service();
  const lock = acquireSync(path);
  const helios = python(FORCE, path);
  expect(await helios.line()).toBe('held');
  await vi.waitFor(() => {
    expect(lock.held).toBe(false);
  });
  expect(lock.releaseSync()).toBe('lost');
  expect(readFileSync(path, 'latin1')).toBe('\x02c');
});

it('the supervisor with the override removes our file; we are told, and leave its file alone', async () => {
  const { path } = service();
  const lock = acquireSync(path);
  rmSync(path);
  const temporary = `${path}.new`;
  writeFileSync(temporary, '0', { mode: 0o444 });
  linkSync(temporary, path);
  rmSync(temporary);
  await vi.waitFor(() => {
    expect(lock.held).toBe(false);
  });
  expect(lock.releaseSync()).toBe('lost');
  expect(existsSync(path)).toBe(true);
});
