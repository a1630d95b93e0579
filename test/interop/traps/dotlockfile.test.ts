// dotlockfile(1) of liblockfile goes by age, five minutes, and with -p by a number of a process; it does
// not ask in which pid namespace that number was given.

import { lstatSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { acquireSync, inspectSync, tryAcquireSync, type Lock } from '../../../src/index.js';
import { exitCode } from '../../helpers/child.js';
import { numbered, numberOfNobody, PID_NAMESPACE } from '../../helpers/namespaces.js';
import { itWith, lacksCommand } from '../../helpers/peers.js';
import { scratch, until } from '../../helpers/scratch.js';
import { expectOurs } from './overridden.js';

const missing = lacksCommand('dotlockfile');
const notRoot = process.getuid?.() === 0 ? undefined : 'not root';

const TAKEN = 0;
const REFUSED = 4; // L_MAXTRYS
const take = (path: string, ...flags: string[]): number | null =>
  exitCode('dotlockfile', ...flags, '-r', '0', '-l', path);

function ours(): Lock {
  const lock = acquireSync(join(scratch(), 'l'));
  onTestFinished(() => void lock.releaseSync());
  return lock;
}

// Looked at just now: dotlockfile takes the time of the last access before its own for the present.
function sixMinutesOld(path: string): void {
  const now = Date.now() / 1000;
  utimesSync(path, now, now - 360);
}

describe('dotlockfile, on a lock older than five minutes', () => {
  itWith(missing, 'takes that of its like, which lockbridge calls held', () => {
    const path = join(scratch(), 'l');
    expect(take(path)).toBe(TAKEN);
    sixMinutesOld(path);
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', protocol: 'dotlockfile' });
    expect(tryAcquireSync(path)).toBeUndefined();
    expect(take(path)).toBe(TAKEN);
    expect(Date.now() - lstatSync(path).mtimeMs).toBeLessThan(300_000);
  });

  itWith(missing, 'goes by the time of access as well, which a look leaves as it was', () => {
    const [seen, unseen] = [join(scratch(), 'l'), join(scratch(), 'l')];
    for (const path of [seen, unseen]) {
      expect(take(path)).toBe(TAKEN);
      const then = Date.now() / 1000 - 360;
      utimesSync(path, then, then);
    }
    const before = lstatSync(seen, { bigint: true }).atimeNs;
    inspectSync(seen);
    expect(tryAcquireSync(seen)).toBeUndefined();
    expect(lstatSync(seen, { bigint: true }).atimeNs).toBe(before);
    expect(take(seen)).toBe(take(unseen));
  });

  itWith(missing, 'never sees lockbridge’s as old: its time is ahead', () => {
    const lock = ours();
    expect(take(lock.path)).toBe(REFUSED);
    expect(take(lock.path, '-p')).toBe(REFUSED);
    expectOurs(lock);
  });

  itWith(missing, 'takes lockbridge’s if somebody set its time back, and we are told', async () => {
    const lock = ours();
    sixMinutesOld(lock.path);
    expect(take(lock.path)).toBe(TAKEN);
    await until(() => lock.lost.aborted);
    expect(lock.releaseSync()).toBe('lost');
    expect(inspectSync(lock.path)).toMatchObject({ verdict: 'held', protocol: 'dotlockfile' });
  });

  itWith(missing, 'is refused even then with -p: the number in it, 1, lives everywhere', () => {
    const lock = ours();
    sixMinutesOld(lock.path);
    expect(take(lock.path, '-p')).toBe(REFUSED);
    expectOurs(lock);
  });
});

describe('dotlockfile -p and another pid namespace', () => {
  itWith(missing ?? notRoot, 'it is refused there by lockbridge’s lock from here', () => {
    const lock = ours();
    const there = ['dotlockfile', '-p', '-r', '0', '-l', lock.path];
    expect(exitCode('unshare', ...PID_NAMESPACE, ...there)).toBe(REFUSED);
    expectOurs(lock);
  });

  itWith(
    missing ?? notRoot,
    'it takes a lock that is held there; lockbridge does not',
    async () => {
      const path = join(scratch(), 'l');
      const number = numberOfNobody();
      const command = ['dotlockfile', '-p', path, 'sh', '-c', 'echo held; read -r _'];
      const holder = await numbered(number, command);
      expect(readFileSync(path, 'latin1')).toBe(`${String(number)}\n`);
      expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'existence' });
      expect(tryAcquireSync(path)).toBeUndefined();
      expect(take(path, '-p')).toBe(TAKEN);
      expect(holder.process.exitCode).toBeNull();
    },
  );
});
