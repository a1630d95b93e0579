// What each kind of file means, by looking at files made for it.

import { chmodSync, chownSync, linkSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireSync, inspect, inspectSync, type Inspection } from '../../src/index.js';
import { PidTable, seesEveryProcess } from '../../src/inspect/liveness.js';
import { makeRecord } from '../../src/lock/record.js';
import { native } from '../../src/native.js';
import { exitCode, flockHolder, holder, python } from '../helpers/child.js';
import { BASES, scratch } from '../helpers/scratch.js';

function look(base: string, content: string, mode = 0o644): Inspection {
  const path = join(scratch(base), 'l');
  writeFileSync(path, content, 'latin1');
  chmodSync(path, mode);
  return inspectSync(path);
}

describe.each(BASES)('in %s', (base) => {
  it('nothing at the path is free', async () => {
    const path = join(scratch(base), 'l');
    expect(inspectSync(path)).toMatchObject({ verdict: 'free', holders: [] });
    expect(await inspect(path)).toMatchObject({ verdict: 'free', holders: [] });
  });

  it('the residue mark is residue', () => {
    expect(look(base, native.residueMark).verdict).toBe('residue');
  });

  it('an unlocked lockbridge record is stale', () => {
    const seen = look(base, makeRecord('gone'));
    expect(seen).toMatchObject({ verdict: 'stale', protocol: 'lockbridge' });
    expect(seen.record?.reason).toBe('gone');
  });

  it('an unlocked Helios tag is stale', () => {
    expect(look(base, '\x02c')).toMatchObject({ verdict: 'stale', protocol: 'helios' });
  });

  it('a Helios tag with something behind it is held', () => {
    expect(look(base, '\x02c\n')).toMatchObject({ verdict: 'held', by: 'existence' });
  });

  it("procmail's file is held by existence", () => {
    const seen = look(base, '0', 0o444);
    expect(seen).toMatchObject({ verdict: 'held', by: 'existence', protocol: 'procmail' });
  });

  it('what procmail really makes is recognised', () => {
    const path = join(scratch(base), 'l');
    expect(exitCode('lockfile', '-r', '0', path)).toBe(0);
    expect(inspectSync(path)).toMatchObject({ by: 'existence', protocol: 'procmail' });
  });

  it('a file that names a live pid is held by existence', () => {
    const seen = look(base, `${String(process.pid)}\n`);
    expect(seen).toMatchObject({ verdict: 'held', by: 'existence', protocol: 'pid file' });
    expect(seen.holders).toMatchObject([{ pid: process.pid, role: 'named', alive: true }]);
  });

  it('a file that names pid 1 is held', () => {
    expect(look(base, '1\n')).toMatchObject({ verdict: 'held', by: 'existence' });
  });

  it('a file that names a dead pid is stale only where every process is seen', async () => {
    const child = python('print(1)');
    await child.line();
    await child.ended;
    const seen = look(base, `${String(child.process.pid)}\n`);
    if (seesEveryProcess()) expect(seen.verdict).toBe('stale');
    else expect(seen).toMatchObject({ verdict: 'held', by: 'existence' });
  });

  it('content of no known protocol is held by existence', () => {
    expect(look(base, 'something')).toMatchObject({ verdict: 'held', by: 'existence' });
  });

  it('an empty file is undecidable', () => {
    const seen = look(base, '');
    expect(seen).toMatchObject({ verdict: 'held', by: 'undecidable', holders: [] });
    expect(seen.actions).toContainEqual(
      expect.objectContaining({
        kind: 'policy',
        command: expect.arrayContaining(['--empty=free']),
      }),
    );
  });

  it('an empty file is residue where only kernel lockers live', () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, '');
    expect(inspectSync(path, { empty: 'free' }).verdict).toBe('residue');
    process.env['LOCKBRIDGE_EMPTY'] = 'free';
    try {
      expect(inspectSync(path).verdict).toBe('residue');
      expect(inspectSync(path, { empty: 'held' }).verdict).toBe('held');
      process.env['LOCKBRIDGE_EMPTY'] = 'nonsense';
      expect(inspectSync(path).verdict).toBe('held');
    } finally {
      delete process.env['LOCKBRIDGE_EMPTY'];
    }
  });

  it('the policy for empty files frees no other file', () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, 'x');
    expect(inspectSync(path, { empty: 'free' }).verdict).toBe('held');
  });

  it("an empty file of a balena supervisor's owner is held, whatever the policy", () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, '');
    chownSync(path, 65534, 65534);
    expect(inspectSync(path, { empty: 'free' })).toMatchObject({
      verdict: 'held',
      by: 'existence',
    });
  });

  it('an empty file with a second link is held, whatever the policy', () => {
    const dir = scratch(base);
    writeFileSync(join(dir, 'host-1.2'), '');
    linkSync(join(dir, 'host-1.2'), join(dir, 'l'));
    expect(inspectSync(join(dir, 'l'), { empty: 'free' })).toMatchObject({
      verdict: 'held',
      by: 'existence',
    });
  });

  it.each(['', '\x02c', '1\n', native.residueMark, makeRecord('x')])(
    'a flock on a file with content %j is held by the kernel and names its holder',
    async (content) => {
      const path = join(scratch(base), 'l');
      writeFileSync(path, content, 'latin1');
      const child = await flockHolder(path);
      const seen = inspectSync(path, { empty: 'free' });
      expect(seen).toMatchObject({ verdict: 'held', by: 'kernel' });
      expect(seen.holders).toContainEqual(
        expect.objectContaining({ pid: child.process.pid, role: 'holds', source: 'flock' }),
      );
      await child.finish();
    },
  );

  it('a shared flock is held by the kernel', async () => {
    const path = join(scratch(base), 'l');
    const child = await flockHolder(path, '-s');
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'kernel' });
    await child.finish();
  });

  it('a record lock on one byte is held by the kernel', async () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, '');
    const script = `
import fcntl, sys
f = open(sys.argv[1], 'r+')
fcntl.lockf(f, fcntl.LOCK_EX, 1, 1 << 40)
print('held')
sys.stdin.readline()
`;
    const child = python(script, path);
    expect(await child.line()).toBe('held');
    const seen = inspectSync(path, { empty: 'free' });
    expect(seen).toMatchObject({ verdict: 'held', by: 'kernel' });
    expect(seen.holders).toContainEqual(
      expect.objectContaining({ pid: child.process.pid, source: 'posix' }),
    );
    await child.finish();
  });

  it('looking changes nothing about the file', () => {
    const path = join(scratch(base), 'l');
    writeFileSync(path, 'content');
    const before = statSync(path, { bigint: true });
    inspectSync(path);
    const after = statSync(path, { bigint: true });
    expect([after.ino, after.mtimeNs, after.ctimeNs, after.size]).toEqual([
      before.ino,
      before.mtimeNs,
      before.ctimeNs,
      before.size,
    ]);
  });

  it('what a holder writes over does not make its lock unknown after its end', () => {
    const path = join(scratch(base), 'l');
    const lock = acquireSync(path);
    writeFileSync(path, ''); // truncates the record; the attribute stays
    native.drop(lock.fd);
    expect(inspectSync(path).verdict).toBe('stale');
    acquireSync(path).releaseSync();
    expect(lock.releaseSync).toBeTypeOf('function');
  });
});

it('a directory names mkdir as its protocol', () => {
  const path = join(scratch(), 'l');
  mkdirSync(path);
  expect(inspectSync(path)).toMatchObject({ by: 'existence', protocol: 'mkdir' });
});

it('a verdict is plain data', () => {
  const seen = look(BASES[0] ?? '/tmp', '0', 0o444);
  expect(JSON.parse(JSON.stringify(seen))).toEqual(seen);
});

it('this process lives, and a number that no process has does not', () => {
  const pids = new PidTable();
  expect(pids.alive(process.pid)).toBe(true);
  expect(pids.alive(4_194_304)).toBe(seesEveryProcess() ? false : undefined);
});

describe('what became of the process of a record', () => {
  const fate = (path: string): string | undefined =>
    inspectSync(path).evidence.find(({ kind }) => kind === 'record')?.text;

  it('a killed holder is gone', async () => {
    const path = join(scratch(), 'l');
    const child = await holder(path);
    child.process.kill('SIGKILL');
    await child.ended;
    expect(fate(path)).toMatch(
      seesEveryProcess()
        ? /is gone: none has its number, namespace and start time/
        : /not in sight/,
    );
  });

  it('a process that lives is found, one of the same number that started later is not it', () => {
    const path = join(scratch(), 'l');
    const record = makeRecord('');
    writeFileSync(path, record);
    expect(fate(path)).toMatch(`lives: it is pid ${String(process.pid)} here`);
    writeFileSync(path, record.replace(/"start":\d+/, '"start":1'));
    expect(fate(path)).not.toMatch(/lives: /);
  });

  it('a record of another boot is said to be that', () => {
    const path = join(scratch(), 'l');
    writeFileSync(path, makeRecord('').replace(/"boot":"[^"]+"/, '"boot":"another"'));
    expect(fate(path)).toMatch(/is of an earlier boot, or of another machine/);
  });
});
