// Services as processes: what they get, how they end, and that a start that fails leaves nothing.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Instance } from '../../../src/supervisor/drivers/types.js';
import { scratch, until } from '../../helpers/scratch.js';
import { driverOf, DriverProcess, request, runs, sh, written } from '../../helpers/services.js';

const SLEEP = ['sleep', '1000'];

function proc(pid: number | undefined, file: string): string {
  return readFileSync(`/proc/${String(pid)}/${file}`, 'utf8');
}

function environmentOf(pid: number | undefined): string[] {
  return proc(pid, 'environ').split('\0').filter(Boolean);
}

describe('a service gets', () => {
  it("its own variables, over them the supervisor's, and no secret of the daemon", async () => {
    vi.stubEnv('SECRET_OF_THE_DAEMON', 'x');
    vi.stubEnv('TZ', 'Europe/Vienna');
    vi.stubEnv('LANG', undefined);
    const state = scratch();
    const driver = driverOf(state);
    const own = { A: 'own', B: 'own', HOME: '/nowhere' };
    const { pid } = await driver.start(
      request(state, SLEEP, { environment: own }, { B: 'theirs' }),
    );
    vi.unstubAllEnvs();
    const lines = environmentOf(pid).filter((line) => !line.startsWith('LOCKBRIDGE_INSTANCE='));
    const path = `PATH=${String(process.env['PATH'])}`;
    expect(lines.sort()).toEqual(['A=own', 'B=theirs', 'HOME=/nowhere', path, 'TZ=Europe/Vienna']);
  });

  it('a session and process group of its own, and the pid that is reported', async () => {
    const state = scratch();
    const instance = await driverOf(state).start(request(state, SLEEP));
    const { pid } = instance;
    const [, , group, session] = proc(pid, 'stat').split(') ')[1]?.split(' ') ?? [];
    expect([group, session]).toEqual([String(pid), String(pid)]);
    expect(proc(pid, 'cmdline')).toBe('sleep\x001000\0');
    expect(instance).toMatchObject({ app: '1', service: 'web', release: 'r1', fingerprint: 'f1' });
    expect(instance).toMatchObject({ state: 'running' });
    expect(instance.id).toMatch(new RegExp(`^${String(pid)}-\\d+$`));
  });

  it('no input, no descriptor but three, every signal by default and none blocked', async () => {
    const state = scratch();
    const { pid } = await driverOf(state).start(request(state, SLEEP));
    const dir = `/proc/${String(pid)}/fd`;
    expect(readdirSync(dir)).toEqual(['0', '1', '2']);
    expect(readlinkSync(`${dir}/0`)).toBe('/dev/null');
    expect(proc(pid, 'status')).toMatch(/^SigBlk:\t0+\nSigIgn:\t0+\nSigCgt:\t0+$/m);
  });

  it('its working directory, and / without one', async () => {
    const state = scratch();
    const driver = driverOf(state);
    const workingDir = state;
    const one = await driver.start(request(state, SLEEP, { workingDir }));
    const two = await driver.start(request(state, SLEEP, { name: 'other' }));
    const cwd = ({ pid }: Instance): string => readlinkSync(`/proc/${String(pid)}/cwd`);
    expect([cwd(one), cwd(two)]).toEqual([state, '/']);
  });

  it("the driver's process's stderr as its output", async () => {
    const state = scratch();
    const driver = new DriverProcess(state);
    const order = request(state, sh('echo to stdout; echo to stderr >&2; exec sleep 1000'));
    driver.child.say(JSON.stringify({ do: 'start', request: order }));
    // The daemon's stdout is for what it says itself, as JSON lines.
    await until(() => /to stdout\n[^]*to stderr/.test(driver.child.stderr.join('')));
  });

  it('an environment of any size and language', async () => {
    const state = scratch();
    const names = Array.from({ length: 300 }, (_, i) => `V${String(i)}`);
    const environment = Object.fromEntries(
      names.map((name) => [name, `${name} ${'ü€'.repeat(300)}`]),
    );
    const { pid } = await driverOf(state).start(request(state, SLEEP, { environment }));
    const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    expect(environmentOf(pid)).toEqual(expect.arrayContaining(lines));
  });

  it('a program beside its working directory, by a relative path', async () => {
    const state = scratch();
    writeFileSync(join(state, 'run'), '#!/bin/sh\necho ran > out\n', { mode: 0o755 });
    await driverOf(state).start(request(state, ['./run'], { workingDir: state }));
    expect(await written(join(state, 'out'))).toBe('ran');
  });
});

describe('stop', () => {
  it('ends what the service has started too, and forgets it', async () => {
    const state = scratch();
    const driver = driverOf(state);
    const out = join(state, 'out');
    const script = 'sleep 1000 & sh -c "sleep 1000 & echo \\$! \\$\\$; wait" > "$1"; wait';
    const instance = await driver.start(request(state, sh(script, out)));
    await until(() => existsSync(out) && readFileSync(out, 'utf8').endsWith('\n'));
    const pids = readFileSync(out, 'utf8').trim().split(' ').map(Number);
    expect(pids.every(runs)).toBe(true);
    await driver.stop(instance, 60_000);
    expect(pids.some(runs)).toBe(false);
    expect(await driver.list()).toEqual([]);
    expect(readdirSync(join(state, 'processes'))).toEqual([]);
    await driver.stop(instance, 60_000);
  });

  it('lets a service finish at SIGTERM', async () => {
    const state = scratch();
    const driver = driverOf(state);
    const out = join(state, 'out');
    // Not a shell with a child: that may be between fork and exec, where the signal gets lost.
    const script = `
import signal, sys
def say(word):
    with open(sys.argv[1], 'a') as out: print(word, file=out)
def finish(*_):
    say('finished')
    sys.exit()
signal.signal(signal.SIGTERM, finish)
say('ready')
signal.pause()`;
    const command = ['/usr/bin/python3', '-c', script, out];
    const instance = await driver.start(request(state, command));
    await written(out);
    await driver.stop(instance, 60_000);
    expect(readFileSync(out, 'utf8')).toBe('ready\nfinished\n');
  });

  it('kills one that ignores SIGTERM once its grace is over', async () => {
    const state = scratch();
    const driver = driverOf(state);
    const out = join(state, 'out');
    const script =
      'trap "echo asked >> $1" TERM; echo ready > "$1"; while :; do sleep 1000 & wait; done';
    const instance = await driver.start(request(state, sh(script, out)));
    await written(out);
    await driver.stop(instance, 1500);
    expect(readFileSync(out, 'utf8')).toBe('ready\nasked\n');
    expect(runs(instance.pid ?? 0)).toBe(false);
  });

  it('ends what an exited service has left', async () => {
    const state = scratch();
    const driver = driverOf(state);
    const out = join(state, 'out');
    const exit = new Promise((resolve) => (driver.onExit = resolve));
    const instance = await driver.start(request(state, sh('sleep 1000 & echo $! > "$1"', out)));
    await exit;
    const left = Number(await written(out));
    expect(runs(left)).toBe(true);
    await driver.stop(instance, 60_000);
    expect(runs(left)).toBe(false);
  });

  it('serves two who ask at once, and many services', async () => {
    const state = scratch();
    const driver = driverOf(state);
    const names = Array.from({ length: 12 }, (_, i) => `s${String(i)}`);
    const all = await Promise.all(
      names.map((name) => driver.start(request(state, SLEEP, { name }))),
    );
    expect(await driver.list()).toHaveLength(12);
    await Promise.all([...all, ...all].map((instance) => driver.stop(instance, 60_000)));
    expect(all.map(({ pid = 0 }) => runs(pid))).not.toContain(true);
    expect(await driver.list()).toEqual([]);
  });

  it('is no news for onExit, and not the business of a later run', async () => {
    const state = scratch();
    const driver = driverOf(state);
    driver.onExit = () => expect.unreachable();
    const first = await driver.start(request(state, SLEEP));
    await driver.stop(first, 60_000);
    const second = await driver.start(request(state, SLEEP));
    await driver.stop(first, 0);
    expect(await driver.list()).toEqual([second]);
  });
});

describe('an end by itself', () => {
  it.each([
    ['its exit code', 'exit 3', 3],
    ['128 and the signal', 'kill -SEGV $$', 139],
  ])('is told once, with %s', async (_, script, exitCode) => {
    const state = scratch();
    const driver = driverOf(state);
    const told: Instance[] = [];
    driver.onExit = (instance) => told.push(instance);
    const { id } = await driver.start(request(state, sh(script)));
    await until(() => told.length > 0);
    expect(told).toMatchObject([{ id, state: 'exited', exitCode }]);
    expect(told[0]?.exitedAt).toMatch(/^\d{4}-/);
    expect(told[0]).not.toHaveProperty('pid');
    expect(await driver.list()).toEqual(told);
    expect(await driverOf(state).list()).toEqual(told);
  });

  it('lets it be started again, without what the first run has left', async () => {
    const state = scratch();
    const driver = driverOf(state);
    const out = join(state, 'out');
    const exit = new Promise((resolve) => (driver.onExit = resolve));
    await driver.start(request(state, sh('sleep 1000 & echo $! > "$1"', out)));
    await exit;
    const left = Number(await written(out));
    const again = await driver.start(request(state, SLEEP));
    expect(runs(left)).toBe(false);
    expect(await driver.list()).toEqual([again]);
  });
});

describe('what cannot be started is refused, and nothing is left', () => {
  function files(): string {
    const dir = scratch();
    writeFileSync(join(dir, 'plain'), 'echo\n');
    writeFileSync(join(dir, 'text'), 'just text\n', { mode: 0o755 });
    writeFileSync(join(dir, 'orphan'), '#!/no/such/interpreter\n', { mode: 0o755 });
    mkdirSync(join(dir, 'dir'));
    chmodSync(join(dir, 'plain'), 0o644);
    return dir;
  }
  const dir = '/';
  it.each([
    ['no command', undefined, dir, 'it has no command'],
    ['an unknown program', ['no-such-program'], dir, "no program 'no-such-program' in PATH"],
    ['an unknown file', ['/no/such'], dir, "'/no/such' does not exist"],
    ['a file that is no program', ['./plain'], '', "plain' is not executable for this user"],
    ['a directory', ['./dir'], '', "dir' is not a file"],
    ['text', ['./text'], '', 'neither a binary for this machine nor a script'],
    ['a missing interpreter', ['./orphan'], '', 'interpreter or loader that it names does not'],
    [
      'a missing working directory',
      SLEEP,
      '/no/dir',
      "workingDir '/no/dir' cannot be entered: ENOENT",
    ],
    ['a relative working directory', SLEEP, 'dir', "workingDir 'dir' is not an absolute path"],
    ['too much', ['sleep', 'x'.repeat(200_000)], dir, 'too long together (execve: E2BIG)'],
    ['a NUL', ['sleep', '\0'], dir, 'has a NUL'],
  ])('%s', async (_, command, workingDir, why) => {
    const state = scratch();
    const driver = driverOf(state);
    const order = request(state, command, { workingDir: workingDir || files() });
    await expect(driver.start(order)).rejects.toMatchObject({
      code: 'ERR_SERVICE',
      message: expect.stringMatching(/^cannot start service 'web': [^\n]+$/) as string,
    });
    await expect(driver.start(order)).rejects.toThrow(why);
    expect(await driver.list()).toEqual([]);
    expect(readdirSync(join(state, 'processes'))).toEqual([]);
  });

  it('a service that runs already', async () => {
    const state = scratch();
    const driver = driverOf(state);
    const both = await Promise.allSettled([1, 2].map(() => driver.start(request(state, SLEEP))));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(driver.start(request(state, SLEEP))).rejects.toThrow('it runs already');
    expect(await driver.list()).toHaveLength(1);
  });
});

describe('fetch', () => {
  const fetch = (command: string[] | undefined, more = {}): Promise<void> => {
    const state = scratch();
    return driverOf(state).fetch(request(state, command, more).service);
  };

  it('finds a program by the PATH of the service', async () => {
    const dir = scratch();
    writeFileSync(join(dir, 'mine'), '', { mode: 0o755 });
    await expect(
      fetch(['mine'], { environment: { PATH: `/bin:${dir}` } }),
    ).resolves.toBeUndefined();
    await expect(fetch(['mine'])).rejects.toThrow("cannot fetch service 'web': no program 'mine'");
    await expect(fetch(undefined)).rejects.toMatchObject({ code: 'ERR_SERVICE' });
  });

  it('leaves a program to the start that may come with a volume', async () => {
    const volumes = [{ source: '/usr', target: '/opt/usr', readOnly: true }];
    await expect(fetch(['/opt/usr/bin/env'], { volumes })).resolves.toBeUndefined();
  });
});

it('a state directory that cannot be used is an error of ours', () => {
  const dir = scratch();
  writeFileSync(join(dir, 'file'), '');
  const use = (): unknown => driverOf(join(dir, 'file'));
  expect(use).toThrow(/^cannot keep records of processes in '.*file\/processes': /);
});

it('names with dots are not mixed up, and lead nowhere', async () => {
  const state = scratch();
  const driver = driverOf(state);
  const start = (id: string, name: string): Promise<Instance> => {
    const order = request(state, SLEEP, { name });
    return driver.start({ ...order, app: { ...order.app, id } });
  };
  const started = [await start('a.b', 'c'), await start('a', 'b.c'), await start('..', '../x')];
  const ids = (all: Instance[]): string[] => all.map(({ id }) => id).sort();
  expect(ids(await driver.list())).toEqual(ids(started));
  expect(ids(await driverOf(state).list())).toEqual(ids(started));
  expect(readdirSync(state).sort()).toEqual(['locks', 'processes']);
});

it('purge empties the named volumes of the app and follows no link', async () => {
  const state = scratch();
  const dir = join(state, 'volumes/1/data');
  mkdirSync(join(dir, 'sub'), { recursive: true });
  mkdirSync(join(state, 'volumes/2/data/kept'), { recursive: true });
  mkdirSync(join(state, 'elsewhere/kept'), { recursive: true });
  symlinkSync(join(state, 'elsewhere'), join(dir, 'link'));
  symlinkSync(join(state, 'elsewhere'), join(state, 'volumes/1/linked'));
  writeFileSync(join(dir, 'sub/file'), '');
  await driverOf(state).purge(request(state, SLEEP).app);
  expect(readdirSync(dir)).toEqual([]);
  expect(readdirSync(join(state, 'elsewhere'))).toEqual(['kept']);
  expect(readdirSync(join(state, 'volumes/2/data'))).toEqual(['kept']);
});
