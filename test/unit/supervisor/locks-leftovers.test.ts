// What dead supervisors left is removed at the start; an app's lock never is.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acquireSync, inspectSync, LockHistory } from '../../../src/index.js';
import { native } from '../../../src/native.js';
import { recoverLeftovers, servicesDir } from '../../../src/supervisor/index.js';
import { Child, flockHolder, holder } from '../../helpers/child.js';
import { itWith, lacksCommand } from '../../helpers/peers.js';
import { scratch } from '../../helpers/scratch.js';
import { openScratch, otherSupervisor, world, type World } from '../../helpers/update-locks.js';

const root = process.getuid?.() === 0 ? undefined : 'not root';
const NOBODY = 65534;

function procmailAsNobody(path: string): void {
  const { status } = spawnSync('lockfile', ['-r', '0', path], { uid: NOBODY, gid: NOBODY });
  if (status !== 0) throw new Error(`lockfile ended with ${String(status)}`);
}

const recover = (all: World, more = {}): [string, string | undefined][] =>
  recoverLeftovers({ root: all.root, ...more }).map(({ kind, path }) => [kind, path]);

it('where there is no services directory there is nothing to do', () => {
  expect(recoverLeftovers({ root: scratch() })).toEqual([]);
});

it('a lockbridge supervisor that was killed leaves nothing', async () => {
  const all = world();
  const other = await otherSupervisor(all.root, 'one', 'two');
  expect(recover(all)).toEqual([]); // it lives
  other.process.kill('SIGKILL');
  await other.ended;
  const events = recoverLeftovers({ root: all.root, onEvent: (event) => all.events.push(event) });
  expect(events.map(({ kind, path }) => [kind, path])).toEqual(
    all.locks.paths.map((path) => ['recovered', path]),
  );
  expect(all.events).toEqual(events);
  expect(events[0]).toMatchObject({ app: '123', service: 'one' });
  expect(events[0]?.holder).toContain(`pid ${String(other.process.pid)}`);
  for (const path of all.locks.paths) expect(existsSync(path)).toBe(false);
});

itWith(root ?? lacksCommand('lockfile'), 'a balena supervisor’s lock is removed', () => {
  const all = world();
  procmailAsNobody(all.path('one'));
  procmailAsNobody(all.path('two', 'resin-updates.lock'));
  expect(recover(all)).toEqual([
    ['recovered', all.path('one')],
    ['recovered', all.path('two', 'resin-updates.lock')],
  ]);
  expect(readdirSync(join(all.path('one'), '..'))).toEqual([]);
});

itWith(
  root ?? lacksCommand('lockfile'),
  'not while a process of that user was given the directory: then it may be an app’s',
  async () => {
    const all = world();
    const given = openScratch();
    const app = new Child('/usr/bin/unshare', [
      '--mount',
      '/bin/sh',
      '-c',
      'mount --bind "$1" "$2" && exec setpriv --reuid 65534 --clear-groups sh -c "lockfile -r 0 $2/updates.lock && echo held; read x"',
      'sh',
      join(all.path('one'), '..'),
      given,
    ]);
    expect(await app.line()).toBe('held');
    procmailAsNobody(all.path('two'));
    const events = recoverLeftovers({ root: all.root });
    expect(events.map(({ kind, service }) => [kind, service])).toEqual([
      ['unclear', 'one'],
      ['recovered', 'two'],
    ]);
    expect(events[0]?.text).toContain('was given this directory');
    expect(existsSync(all.path('one'))).toBe(true);
    await app.finish();
    expect(recover(all)).toEqual([['recovered', all.path('one')]]);
  },
);

itWith(root, 'an empty file of uid 65534 is unclear, and stays', () => {
  const all = world();
  writeFileSync(all.path('one'), '');
  chownSync(all.path('one'), NOBODY, NOBODY);
  expect(recover(all)).toEqual([['unclear', all.path('one')]]);
  expect(existsSync(all.path('one'))).toBe(true);
});

it('a Helios’ lock without its flock is removed, and so are its temporary files', async () => {
  const all = world();
  const dir = join(all.path('one'), '..');
  const temporary = (letter: string): string => join(dir, `tmp-${letter.repeat(32)}.lock`);
  for (const [path, content] of [
    [all.path('one'), '\x02c'],
    [temporary('a'), '\x02c'],
    [temporary('b'), ''],
    [temporary('c'), '\x02c'],
    [all.path('two'), '\x02c'],
  ] as const)
    writeFileSync(path, content, { mode: 0o600 });
  writeFileSync(join(dir, `tmp-${'d'.repeat(31)}.lock`), '', { mode: 0o600 }); // another length
  writeFileSync(temporary('e'), 'not empty', { mode: 0o600 });
  const busy = [await flockHolder(all.path('two')), await flockHolder(temporary('c'))];
  expect(recover(all)).toEqual([
    ['recovered', temporary('a')],
    ['recovered', temporary('b')],
    ['recovered', all.path('one')],
  ]);
  for (const child of busy) await child.finish();
});

it('residue and a killed forcer’s temporary file are swept', () => {
  const all = world();
  writeFileSync(all.path('one'), native.residueMark);
  const temporary = join(all.path('one'), '..', '.lockbridge-123-456');
  writeFileSync(temporary, native.residueMark);
  expect(recover(all)).toEqual([
    ['recovered', temporary],
    ['recovered', all.path('one')],
  ]);
});

it('an app’s lock stays, alive or dead, whatever its protocol', async () => {
  const all = world({}, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  writeFileSync(all.path('a'), '');
  writeFileSync(all.path('b'), '0', { mode: 0o444 }); // procmail as root
  mkdirSync(all.path('c'));
  symlinkSync('/nowhere', all.path('d'));
  const flocked = await flockHolder(all.path('e'));
  const dead = await holder(all.path('f')); // lockbridge, not as a supervisor
  dead.process.kill('SIGKILL');
  await dead.ended;
  const alive = await holder(all.path('g'));
  writeFileSync(all.path('h'), '4242\n');
  expect(recover(all)).toEqual([]);
  for (const service of 'abcdefgh')
    expect(readdirSync(join(all.path(service), '..'))).toEqual(['updates.lock']);
  await flocked.finish();
  await alive.finish();
});

it('the policy that empty files are nobody’s removes no app’s lock', () => {
  const all = world();
  writeFileSync(all.path('one'), '');
  process.env['LOCKBRIDGE_EMPTY'] = 'free';
  try {
    expect(recover(all)).toEqual([]);
  } finally {
    delete process.env['LOCKBRIDGE_EMPTY'];
  }
  expect(existsSync(all.path('one'))).toBe(true);
});

itWith(
  root ?? lacksCommand('lockfile'),
  'a balena supervisor’s lock in a data directory is removed after a reboot, whoever runs as its user',
  () => {
    const all = world();
    const dataDir = openScratch();
    chmodSync(dataDir, 0o1777);
    procmailAsNobody(join(dataDir, 'resin-updates.lock'));
    const state = join(all.root, 'history.json');
    const history = new LockHistory(state, 'boot-1');
    history.note([inspectSync(join(dataDir, 'resin-updates.lock'))]);
    history.save();
    const events = recover(all, { dataDir, history: new LockHistory(state, 'boot-2') });
    expect(events).toEqual([['recovered', join(dataDir, 'resin-updates.lock')]]);
    expect(readdirSync(dataDir)).toEqual([]);
  },
);

it('it leads nowhere out of the tree', () => {
  const all = world();
  const elsewhere = scratch();
  writeFileSync(join(elsewhere, 'updates.lock'), native.residueMark);
  symlinkSync(elsewhere, join(servicesDir(all.root), '123', 'link'));
  symlinkSync(elsewhere, join(servicesDir(all.root), '124'));
  mkdirSync(join(servicesDir(all.root), '125'));
  symlinkSync(elsewhere, join(servicesDir(all.root), '125', 'one'));
  symlinkSync(join(elsewhere, 'updates.lock'), all.path('one'));
  expect(recover(all)).toEqual([]);
  expect(readdirSync(elsewhere)).toEqual(['updates.lock']);
});

it('a link in the place of the supervisor’s own directory leads nowhere either', () => {
  const all = world();
  writeFileSync(all.path('one'), native.residueMark);
  const root2 = scratch();
  mkdirSync(join(root2, 'tmp'));
  symlinkSync(join(all.root, 'tmp/balena-supervisor'), join(root2, 'tmp/balena-supervisor'));
  expect(recoverLeftovers({ root: root2 })).toEqual([]);
  expect(recover(all)).toHaveLength(1);
});

it('a data directory is looked at, and after a reboot what was on record there is no app’s any more', () => {
  const all = world();
  const dataDir = scratch();
  const path = join(dataDir, 'resin-updates.lock');
  const state = join(all.root, 'history.json');
  writeFileSync(path, '');
  const at = (boot: string): LockHistory => new LockHistory(state, boot);
  expect(recover(all, { dataDir, history: at('boot-1') })).toEqual([]);
  expect(inspectSync(path, { history: at('boot-1') }).verdict).toBe('held');
  expect(inspectSync(path, { history: at('boot-2') }).verdict).toBe('stale');
  // It is the next taker that removes it, not the recovery.
  expect(recover(all, { dataDir, history: at('boot-2') })).toEqual([]);
});

it('a lock that is linked elsewhere, or not ours to remove, harms nothing', () => {
  const all = world();
  writeFileSync(all.path('one'), '\x02c', { mode: 0o600 });
  linkSync(all.path('one'), join(all.path('one'), '..', 'other-name'));
  expect(recover(all)).toEqual([['recovered', all.path('one')]]);
  const own = acquireSync(all.path('one'));
  renameSync(all.path('one'), all.path('two'));
  chmodSync(all.path('two'), 0o600);
  expect(recover(all)).toEqual([]);
  own.releaseSync();
});
