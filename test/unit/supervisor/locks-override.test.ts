// Overriding: everything but a live supervisor's lock, all of it or nothing, for one operation.

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acquireSync, inspectSync, takeSync } from '../../../src/index.js';
import type { Blocker } from '../../../src/supervisor/index.js';
import { Child, exitCode, flockHolder, helperChild, holder, python } from '../../helpers/child.js';
import { scratch, until } from '../../helpers/scratch.js';
import { itWith } from '../../helpers/peers.js';
import { otherSupervisor, refusal, world } from '../../helpers/update-locks.js';

const HELIOS = `
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR, 0o600)
os.write(fd, b'\\x02c')
fcntl.flock(fd, fcntl.LOCK_EX)
print('held')
sys.stdin.readline()
`;

const held = async (child: Child): Promise<Child> => {
  expect(await child.line()).toBe('held');
  return child;
};

it('force takes files, directories, links and kernel locks, and says from whom', async () => {
  const { locks, path, events } = world();
  mkdirSync(path('one')); // npm proper-lockfile
  symlinkSync('/nowhere', path('one', 'resin-updates.lock'));
  writeFileSync(path('two'), '0', { mode: 0o444 });
  const child = await flockHolder(path('two', 'resin-updates.lock'));
  const all = await locks.lock({ force: true, reason: 'asked for' });
  for (const file of locks.paths) expect(exitCode('flock', '-n', file, 'true')).toBe(1);
  const overridden = events.filter(({ kind }) => kind === 'overridden');
  expect(overridden.map((event) => event.path).sort()).toEqual([...locks.paths]);
  expect(
    overridden.find((event) => event.path === path('two', 'resin-updates.lock')),
  ).toMatchObject({
    app: '123',
    service: 'two',
    reason: 'asked for',
    holder: expect.stringContaining(`pid ${String(child.process.pid)}`) as string,
  });
  await all.release();
  for (const file of locks.paths) expect(existsSync(file)).toBe(false);
  await child.finish();
});

it('a lockbridge holder that is overridden learns of it', async () => {
  const { locks, path } = world();
  const own = acquireSync(path('one'));
  const lost = new Promise((resolve) => {
    own.lost.addEventListener('abort', resolve);
  });
  await locks.withLock({ force: true }, async () => {
    await lost;
  });
  expect(own.lost.reason).toBe('replaced');
  expect(own.releaseSync()).toBe('lost');
});

it('force is for one operation: a lock taken afterwards is respected', async () => {
  const { locks, path } = world();
  writeFileSync(path('one'), '');
  await locks.withLock({ force: true }, () => undefined);
  writeFileSync(path('one'), '');
  expect((await refusal(locks.lock())).code).toBe('ERR_UPDATES_LOCKED');
});

it('force gets through while another operation waits, which goes on waiting', async () => {
  const { locks, path, again } = world();
  const app = await holder(path('one'));
  const blocked: (readonly Blocker[])[] = [];
  let waited = false;
  const waiting = locks
    .lock({ timeout: Infinity, onBlocked: (seen) => blocked.push(seen) })
    .then((all) => ((waited = true), all));
  await until(() => blocked.length > 0);
  const forced = await again().lock({ force: true, maxWait: 0 });
  await until(() => blocked.some((seen) => seen.some(({ supervisor }) => supervisor === true)));
  expect(waited).toBe(false);
  await forced.release();
  await (await waiting).release();
  app.say('release');
  expect(await app.line()).toBe('released lost');
  await until(() => !existsSync(path('one')));
});

it('force touches no lock of a live supervisor, nor anybody’s beside it', async () => {
  const { locks, path, root, again, events } = world();
  const other = await otherSupervisor(root, 'one');
  writeFileSync(path('two'), 'precious');
  const error = await refusal(locks.lock({ force: true }));
  expect(error.code).toBe('ERR_UPDATES_LOCKED');
  expect(error.message).toContain('a live supervisor, which no override touches');
  expect((error.blockers as Blocker[]).find((one) => one.path === path('one'))?.supervisor).toBe(
    true,
  );
  expect(readFileSync(path('two'), 'utf8')).toBe('precious');
  expect(events).toEqual([]);
  expect(() => takeSync(path('one'), { force: true })).toThrow(
    /a live lockbridge supervisor holds it/,
  );
  other.say('release');
  expect(await other.line()).toBe('released');
  await again().withLock({ force: true }, () => undefined);
});

it('what a dead supervisor left is no obstacle, not even without force', async () => {
  const { locks, root } = world();
  const other = await otherSupervisor(root, 'one', 'two');
  other.process.kill('SIGKILL');
  await other.ended;
  await locks.withLock(() => undefined);
});

it('a live Helios’ lock is not touched, a dead one’s is taken', async () => {
  const { locks, path } = world();
  const helios = await held(python(HELIOS, path('one')));
  const error = await refusal(locks.lock({ force: true }));
  expect((error.blockers as Blocker[]).map(({ supervisor }) => supervisor)).toEqual([true]);
  await helios.finish();
  await locks.withLock(() => undefined);
});

const notRoot = process.getuid?.() === 0 ? undefined : 'not root';

// A program in a mount namespace of its own in which it has `dir` at `given`.
const withMount = (dir: string, given: string, ...program: string[]): Promise<Child> =>
  held(
    new Child('/usr/bin/unshare', [
      '--mount',
      '/bin/sh',
      '-c',
      'mount --bind "$1" "$2" && shift 2 && exec "$@"',
      'sh',
      dir,
      given,
      ...program,
    ]),
  );

const asSupervisor = (path: string): string[] => [
  process.execPath,
  '--input-type=module',
  '-e',
  `import { acquireSync } from '${new URL('../../../dist/index.js', import.meta.url).pathname}';
   globalThis.own = acquireSync('${path}', { role: 'supervisor' });
   console.log('held'); process.stdin.resume();`,
];
const asHelios = (path: string): string[] => ['/usr/bin/python3', '-u', '-c', HELIOS, path];

for (const [pose, program] of [
  ['a lockbridge supervisor', asSupervisor],
  ['Helios', asHelios],
] as const) {
  itWith(notRoot, `an app that poses as ${pose} in its own directory is overridden`, async () => {
    const { locks, path } = world();
    const given = scratch();
    const inside = join(given, 'updates.lock');
    const app = await withMount(join(path('one'), '..'), given, ...program(inside));
    expect(inspectSync(path('one'))).toMatchObject({ verdict: 'held', by: 'kernel' });
    await locks.withLock({ force: true }, () => undefined);
    await app.finish();
  });

  itWith(notRoot, `${pose} that has all the directories mounted is not`, async () => {
    const { locks, path, root } = world();
    const given = scratch();
    const inside = path('one').replace(join(root, 'tmp/balena-supervisor'), given);
    const other = await withMount(join(root, 'tmp/balena-supervisor'), given, ...program(inside));
    const error = await refusal(locks.lock({ force: true }));
    expect(error.message).toContain('a live supervisor, which no override touches');
    await other.finish();
  });
}

it('a directory that is no lock but a tree fails the operation before anything else is replaced', async () => {
  const { locks, path } = world();
  writeFileSync(path('one'), 'precious');
  mkdirSync(join(path('two'), 'deep', 'er'), { recursive: true });
  await expect(locks.lock({ force: true })).rejects.toThrow(/ENOTEMPTY|EISDIR/);
  expect(readFileSync(path('one'), 'utf8')).toBe('precious');
  expect(existsSync(path('one', 'resin-updates.lock'))).toBe(false);
  expect(existsSync(join(path('two'), 'deep', 'er'))).toBe(true);
});

it('somebody who locks the directory itself is an update lock error too', async () => {
  const { locks, path } = world();
  closeSync(openSync(path('one'), 'wx'));
  const child = await flockHolder(join(path('one'), '..'));
  const error = await refusal(locks.lock({ force: true }));
  expect(error).toMatchObject({ code: 'ERR_UPDATES_LOCKED' });
  expect(error.message).toContain('somebody locks its directory');
  await child.finish();
});

it('the helper holds what it says', async () => {
  const { root } = world();
  const one = await otherSupervisor(root, 'one');
  const two = helperChild('update-locker.mjs', [root, '123', 'one']);
  expect(await two.line()).toBe('error ERR_UPDATES_LOCKED');
  one.say('release');
  await one.line();
});
