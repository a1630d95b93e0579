// The systemd units in examples/service/: systemd understands them, they are as little able as they say,
// and with what its own leaves a daemon does its work.

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { Child } from '../helpers/child.js';
import { BIN } from '../helpers/cli.js';
import { sleeper } from '../helpers/daemon-api.js';
import { Place, TestDaemon } from '../helpers/daemon.js';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';
import type { LockReport } from '../../src/supervisor/types.js';

const SOURCE = fileURLToPath(new URL('../../examples/service/', import.meta.url));
const UNIT = readFileSync(join(SOURCE, 'lockbridge.service'), 'utf8');
const ANOTHER = ['--reuid=65533', '--regid=65533', '--clear-groups'];

const FLEET = 'lockbridge-fleet.service';

/** A unit with a program that is there, alone or with its drop-in. */
function installed(name: string, dropIn: boolean): string {
  const unit = join(scratch(), name);
  const text = readFileSync(join(SOURCE, name), 'utf8');
  writeFileSync(unit, text.replace('/usr/bin/lockbridge', '/bin/true'));
  if (dropIn) cpSync(join(SOURCE, `${name}.d`), `${unit}.d`, { recursive: true });
  return unit;
}

function analyze(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

const lacksSystemd = lacksCommand('systemd-analyze');

// In tenths; a unit without hardening has 96.
for (const [name, dropIn, most] of [
  ['lockbridge.service', false, 30],
  ['lockbridge.service', true, 50],
  [FLEET, false, 14],
] as const) {
  const which = dropIn ? `${name} with processes` : name;
  itWith(lacksSystemd, `systemd has nothing to say against ${which}`, () => {
    const verify = ['verify', '--man=no', '--recursive-errors=no', installed(name, dropIn)];
    expect(analyze(...verify)).toEqual({ status: 0, said: '' });
  });

  itWith(lacksSystemd, `the exposure of ${which} is ${String(most / 10)} at most`, () => {
    const args = ['security', '--offline=true', `--threshold=${String(most)}`, '--no-pager'];
    const { status, said } = analyze(...args, installed(name, dropIn));
    expect(said).toContain('Overall exposure level');
    expect([status, said.split('\n').at(-2)]).toEqual([0, expect.any(String)]);
  });
}

/** The capabilities of the unit as setpriv(1) has them. */
function bounding(): string {
  const line = /^CapabilityBoundingSet=(.*)$/m.exec(UNIT)?.[1] ?? '';
  const names = line.split(' ').map((name) => `+${name.replace('CAP_', '').toLowerCase()}`);
  return ['-all', ...names].join(',');
}

itWith(
  process.getuid?.() === 0 ? lacksCommand('setpriv') : 'only root can do without capabilities',
  'with its capabilities alone, the lock of another user is seen, waited for, and taken after it',
  async () => {
    const place = new Place();
    chmodSync(place.dir, 0o755);
    const release = (name: string): Record<string, unknown> => ({
      7: { release: name, services: { one: sleeper({ environment: { R: name } }) } },
    });
    place.configure(release('a'));
    const caps = ['--no-new-privs', `--bounding-set=${bounding()}`];
    const args = [process.execPath, BIN, 'supervise', '--json', '--config', place.file];
    const supervisor = new TestDaemon(place, new Child('setpriv', [...caps, ...args]));
    await supervisor.entry('applied', 'release a runs');
    const path = place.lock('7', 'one');
    const locks = async (): Promise<LockReport[]> =>
      (await place.client().ask<{ locks: LockReport[] }>('GET', '/locks')).locks;
    const private_ = 'umask 077; exec flock "$1" sh -c "echo held; read x"';
    const before = new Child('setpriv', [
      ...ANOTHER,
      'flock',
      path,
      'sh',
      '-c',
      'echo held; read x',
    ]);
    expect(await before.line()).toBe('held');
    await supervisor.entry('lock', String(before.process.pid));
    await before.finish();
    await supervisor.entry('lock', 'removed: proven residue');
    const open_ = 'exec 3>"$1"; echo open; read x';
    const opener = new Child('setpriv', [...ANOTHER, 'sh', '-c', open_, 'sh', path]);
    expect(await opener.line()).toBe('open');
    expect((await locks())[0]?.holders).toContainEqual(
      expect.objectContaining({ uid: 65533, role: 'open', source: 'descriptor' }),
    );
    await opener.finish();
    rmSync(path);
    const other = new Child('setpriv', [...ANOTHER, 'sh', '-c', private_, 'sh', path]);
    expect(await other.line()).toBe('held');
    place.configure(release('b'));
    await supervisor.entry('wait', String(other.process.pid));
    const [lock] = await locks();
    expect(lock).toMatchObject({ verdict: 'held', by: 'kernel', protocol: 'flock' });
    expect(lock?.holders).toContainEqual(expect.objectContaining({ uid: 65533, role: 'holds' }));
    await other.finish();
    await supervisor.entry('applied', 'release b runs');
    expect(supervisor.entries.filter(({ kind }) => kind === 'failed')).toEqual([]);
  },
);
