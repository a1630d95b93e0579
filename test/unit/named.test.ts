// A pid in a footprint proves a death only by a protocol that goes by it, on this host.

import { chmodSync, existsSync, linkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inspectSync, type Inspection } from '../../src/index.js';
import { seesEveryProcess } from '../../src/inspect/liveness.js';
import { named } from '../../src/inspect/named.js';
import { itWith, lacksPython, pythonHolder } from '../helpers/peers.js';
import { scratch, until } from '../helpers/scratch.js';

const dead = spawnSync('true').pid;

function look(content: string, mode = 0o644): Inspection {
  const path = join(scratch(), 'l');
  writeFileSync(path, content);
  chmodSync(path, mode);
  return inspectSync(path);
}

const kinds = ({ evidence }: Inspection): string[] => evidence.map(({ kind }) => kind);

// From inside a container nothing is proven; the matrix of verdicts has tests for that.
describe.skipIf(!seesEveryProcess())('a dead pid is stale', () => {
  it.each([
    ['a pid file', `${String(dead)}\n`, 0o644],
    ['a stamp of LockFile::Simple', `${String(dead)}\n`, 0o444],
    ['ten columns', `${String(dead).padStart(10)}\n`, 0o644],
    ['what zc.lockfile left', ` ${String(dead)}\n`, 0o644],
    ['lockmail of this host', `${String(dead)}:${hostname()}`, 0o644],
    ['SoftFileLock of this host', `${String(dead)}\n${hostname()}\n12345\n`, 0o644],
    ['File::NFSLock of this host', `${hostname()} ${String(dead)} 1795533382 7255\n`, 0o600],
  ])('in %s', (_what, content, mode) => {
    const seen = look(content, mode);
    expect(seen.verdict).toBe('stale');
    expect(kinds(seen)).toContain('pid-dead');
  });
});

describe('a dead pid proves nothing', () => {
  it.each([
    ['of another host', `${String(dead)}:elsewhere`, 0o644],
    ['of another host, by SoftFileLock', `${String(dead)}\nelsewhere\n12345\n`, 0o644],
    ['of another host, by File::NFSLock', `elsewhere ${String(dead)} 1795533382 7255\n`, 0o600],
  ])('%s', (_what, content, mode) => {
    const seen = look(content, mode);
    expect(seen).toMatchObject({ verdict: 'held', by: 'existence' });
    expect(kinds(seen)).toContain('pid-elsewhere');
    expect(seen.holders).toEqual([{ pid: dead, role: 'named', source: 'record' }]);
  });

  it('in a shared File::NFSLock, where another line has another holder', () => {
    const line = (pid: number): string => `${hostname()} ${String(pid)} 1795533382 7255\n`;
    expect(look(line(dead) + line(process.pid), 0o601)).toMatchObject({
      verdict: 'held',
      by: 'existence',
      holders: [{ pid: process.pid, alive: true }],
    });
  });

  it('in a claim of flufl.lock, which goes by its age', () => {
    const path = join(scratch(), 'l');
    const claim = `${path}|${hostname()}|${String(dead)}|12345`;
    writeFileSync(path, claim);
    linkSync(path, claim);
    expect(inspectSync(path)).toMatchObject({ protocol: 'flufl.lock', verdict: 'held' });
  });

  // The number is that of the process that made the object; the child that inherited it is the holder.
  itWith(lacksPython('lockfile'), 'in a LinkLockFile that a forked child holds', async () => {
    const path = join(scratch(), 'l');
    const script = `
import os, signal, sys
from lockfile.linklockfile import LinkLockFile
n = 0
while True:
    lock = LinkLockFile('%s%d' % (sys.argv[1], n))
    if -10 ** 18 >= hash(lock.path): break
    n += 1
parent_over = os.pipe()
if os.fork() == 0:
    os.close(parent_over[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    os.read(parent_over[0], 1)
    lock.acquire(timeout=0)
    os.write(1, (lock.lock_file + ' ' + str(os.getpid()) + chr(10)).encode())
    signal.sigwait({signal.SIGTERM})
    lock.release()
    os.write(1, b'released' + bytes([10]))
    os._exit(0)
print('held')
os._exit(0)
`;
    const parent = await pythonHolder(script, path);
    const [lock = '', digits] = (await parent.line()).split(' ');
    const child = Number(digits);
    onTestFinished(() => {
      if (existsSync(lock)) process.kill(child, 'SIGKILL');
    });
    await until(() => parent.process.exitCode !== null); // reaped, not only ended
    const seen = inspectSync(lock);
    expect(seen).toMatchObject({ protocol: 'py-link', verdict: 'held', by: 'existence' });
    expect(seen.holders).toMatchObject([{ pid: parent.process.pid, role: 'named' }]);
    expect(seen.holders[0]?.pid).not.toBe(child);
    if (seesEveryProcess()) expect(kinds(seen)).toContain('pid-gone');
    process.kill(child, 'SIGTERM');
    expect(await parent.line()).toBe('released'); // it was its own to release
  });
});

describe('a live pid', () => {
  it('is a holder that lives, of this host', () => {
    const seen = look(`${String(process.pid)}:${hostname()}`);
    expect(seen).toMatchObject({ verdict: 'held', by: 'existence' });
    expect(seen.holders).toEqual([
      { pid: process.pid, role: 'named', source: 'record', alive: true },
    ]);
  });

  it('is what remains of several readings of the same digits', () => {
    const base = { protocol: 'py-link', certainty: 'sure', text: '' } as const;
    const { holders } = named({ ...base, pids: [24, 241, 2416] }, (pid) => pid === 241);
    expect(holders).toEqual([{ pid: 241, role: 'named', source: 'record', alive: true }]);
  });

  it('is not asked for on another host', () => {
    const asked = (): never => {
      throw new Error('asked');
    };
    const base = { protocol: 'py-link', certainty: 'sure', text: '' } as const;
    expect(named({ ...base, pid: 24, host: 'elsewhere' }, asked).dead).toBe(false);
  });
});

it('pid 1 lives in every container', () => {
  const base = { protocol: 'pid file', certainty: 'likely', text: '', pidDecides: true } as const;
  expect(named({ ...base, pid: 1 }, () => false).dead).toBe(false);
});
