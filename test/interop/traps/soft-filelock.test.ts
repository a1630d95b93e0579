// SoftFileLock of Python's filelock 4: it takes over a lock file that it cannot read as its own once it
// has watched it unchanged for two seconds, and with `lifetime` any file that is old enough.

import { existsSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import {
  acquireSync,
  inspectSync,
  takeSync,
  tryAcquireSync,
  type Lock,
} from '../../../src/index.js';
import { exitCode, holder, python } from '../../helpers/child.js';
import { itWith, lacksCommand, lacksPython, pythonHolder } from '../../helpers/peers.js';
import { scratch, until } from '../../helpers/scratch.js';
import { expectOurs } from './overridden.js';

const missing = lacksPython('filelock');
const notRoot = process.getuid?.() === 0 ? undefined : 'not root';

// Longer than the two seconds after which it takes over what it cannot read.
const REFUSES = 3;
const TAKES = 25; // at the most

const CONTEND = `
import filelock, sys, warnings
warnings.simplefilter('ignore')
path, timeout, *lifetime = sys.argv[1:]
lock = filelock.SoftFileLock(path, timeout=float(timeout), lifetime=float(lifetime[0]) if lifetime else None)
print('held')
try:
    lock.acquire(poll_interval=0.05)
    print('taken')
except filelock.Timeout:
    print('refused')
sys.stdin.read()
`;

/** What a SoftFileLock says in the end; `lifetime` in seconds. */
async function contend(path: string, timeout: number, ...lifetime: string[]): Promise<string> {
  return (await pythonHolder(CONTEND, path, String(timeout), ...lifetime)).line();
}

function ours(path: string = join(scratch(), 'l')): Lock {
  const lock = acquireSync(path);
  onTestFinished(() => void lock.releaseSync());
  return lock;
}

/** As if it had last been touched so many seconds ago. */
function aged(path: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  utimesSync(path, then, then);
}

describe('a SoftFileLock that waits for longer than two seconds', () => {
  for (const age of [0, 3])
    itWith(missing, `is refused by a lockbridge lock of age ${String(age)} s`, async () => {
      const lock = ours();
      aged(lock.path, age);
      expect(await contend(lock.path, REFUSES)).toBe('refused');
      expectOurs(lock);
    });

  itWith(missing, 'takes a Helios lock that is held, and lockbridge sees whose it is', async () => {
    const path = join(scratch(), 'l');
    writeFileSync(path, '\x02c');
    const script =
      "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print('held'); sys.stdin.read()";
    const helios = python(script, path);
    expect(await helios.line()).toBe('held');
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', protocol: 'helios' });
    expect(await contend(path, TAKES)).toBe('taken');
    expect(helios.process.exitCode).toBeNull();
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', protocol: 'soft-filelock' });
  });

  itWith(
    missing ?? lacksCommand('lockfile') ?? notRoot,
    'takes a lock of procmail, which another user could not open',
    async () => {
      const path = join(scratch(), 'l');
      expect(exitCode('lockfile', '-r', '0', path)).toBe(0);
      expect(tryAcquireSync(path)).toBeUndefined();
      expect(await contend(path, TAKES)).toBe('taken');
    },
  );

  itWith(missing, 'takes a symbolic link, which SymlinkLockFile and Emacs lock with', async () => {
    const path = join(scratch(), 'l');
    symlinkSync('user@host.4711', path);
    expect(tryAcquireSync(path)).toBeUndefined();
    expect(await contend(path, TAKES)).toBe('taken');
  });

  itWith(missing, 'leaves an empty file alone, as a lock of its older releases', async () => {
    const path = join(scratch(), 'l');
    writeFileSync(path, '');
    expect(await contend(path, REFUSES)).toBe('refused');
  });

  itWith(missing, 'never takes what a killed lockbridge left; lockbridge does', async () => {
    const path = join(scratch(), 'l');
    const killed = await holder(path);
    killed.process.kill('SIGKILL');
    await killed.ended;
    aged(path, 3);
    expect(await contend(path, REFUSES)).toBe('refused');
    expect(inspectSync(path).verdict).toBe('stale');
    expectOurs(ours(path));
  });
});

describe('a SoftFileLock with a lifetime of one second', () => {
  itWith(missing, 'is refused by a lockbridge lock, whose time is ahead', async () => {
    const lock = ours();
    expect(await contend(lock.path, REFUSES, '1')).toBe('refused');
    expectOurs(lock);
  });

  itWith(missing, 'takes a lock whose time somebody set back, and we are told', async () => {
    const lock = ours();
    aged(lock.path, 3);
    expect(await contend(lock.path, TAKES, '1')).toBe('taken');
    await until(() => lock.lost.aborted);
    expect(lock.lost.reason).toBe('replaced');
    expect(lock.releaseSync()).toBe('lost');
    expect(inspectSync(lock.path)).toMatchObject({ verdict: 'held', protocol: 'soft-filelock' });
  });
});

const HOLD = `
import filelock, sys
lock = filelock.SoftFileLock(sys.argv[1])
lock.acquire()
print('held')
sys.stdin.readline()
lock.release()
print('released')
`;

describe('a SoftFileLock that holds', () => {
  itWith(missing, 'and is forced away leaves our lock at its release', async () => {
    const path = join(scratch(), 'l');
    const stranger = await pythonHolder(HOLD, path);
    const lock = takeSync(path, { force: true });
    onTestFinished(() => void lock.releaseSync());
    stranger.say('release');
    expect(await stranger.line()).toBe('released');
    expectOurs(lock);
  });

  itWith(missing, 'of age 3 s is held, and stale as soon as it was killed', async () => {
    const path = join(scratch(), 'l');
    const stranger = await pythonHolder(HOLD, path);
    aged(path, 3);
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', protocol: 'soft-filelock' });
    stranger.process.kill('SIGKILL');
    await stranger.ended;
    expect(inspectSync(path).verdict).toBe('stale');
    expectOurs(ours(path));
  });
});

itWith(missing, 'break_lock of a SoftFileLock removes our lock, and we are told', async () => {
  const lock = ours();
  const script =
    "import filelock, sys; filelock.SoftFileLock(sys.argv[1]).break_lock(); print('held')";
  await pythonHolder(script, lock.path);
  await until(() => lock.lost.aborted);
  expect(lock.lost.reason).toBe('removed');
  expect(existsSync(lock.path)).toBe(false);
});
