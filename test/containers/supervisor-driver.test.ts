// The container driver against a real engine: what services get to see, and what of their lives is
// noticed, whoever ends them and whatever else dies meanwhile.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { inspectSync } from '../../src/inspect/inspect.js';
import { ContainerDriver } from '../../src/supervisor/drivers/container/driver.js';
import type { Instance, StartRequest } from '../../src/supervisor/drivers/types.js';
import type { AppTarget, ServiceTarget } from '../../src/supervisor/target/types.js';
import { serviceDirectory } from '../helpers/containers.js';
import { EngineService, needEngineService } from '../helpers/engine-service.js';
import { image, needContainers } from '../helpers/podman.js';
import { registry } from '../helpers/registry.js';
import { scratch, until } from '../helpers/scratch.js';

needContainers();
const engine = needEngineService();

beforeEach(() => {
  onTestFinished(async () => engine().removeContainers());
});

interface Watched {
  driver: ContainerDriver;
  exits: Instance[];
}

function watched(socket: string = engine().socket): Watched {
  const driver = new ContainerDriver({ socket });
  const exits: Instance[] = [];
  driver.onExit = (instance) => exits.push(instance);
  onTestFinished(async () => driver.close());
  return { driver, exits };
}

function serviceOf(script: string, more: Partial<ServiceTarget> = {}): ServiceTarget {
  return {
    name: 'main',
    serviceId: 11,
    imageId: 22,
    image: image(),
    command: ['sh', '-c', script],
    environment: {},
    labels: {},
    volumes: [],
    running: true,
    restart: 'no',
    stopGrace: 10_000,
    ...more,
  };
}

function appOf(service: ServiceTarget): AppTarget {
  const update = { then: 'give-up', windows: [], exitedServices: 'held' } as const;
  return { id: '1234', name: 'my app', release: 'abcdef0123456789', services: [service], update };
}

interface Prepared extends StartRequest {
  /** The lock as the host knows it. */
  path: string;
}

function request(script: string, more: Partial<ServiceTarget> = {}): Prepared {
  const { dir: lockDir, path } = serviceDirectory('1234', 'main');
  const service = serviceOf(script, more);
  const base = { app: appOf(service), service, fingerprint: 'print-1', environment: {} };
  return { ...base, lockDir, path };
}

const FOREVER = 'trap "exit 0" TERM; while :; do sleep 0.05; done';

interface Described {
  Name: string;
  Config: { Labels: Record<string, string> };
  HostConfig: { RestartPolicy: { Name: string } };
}

async function describeContainer(id: string): Promise<Described> {
  const [seen] = JSON.parse(await engine().podman('inspect', id)) as Described[];
  if (seen === undefined) throw new Error('nothing described');
  return seen;
}

async function leftovers(): Promise<string> {
  return engine().podman('ps', '--all', '--quiet');
}

describe('a service', () => {
  it('sees its lock directory at both places, and its flock is seen from outside', async () => {
    const { driver } = watched();
    const script = `flock /tmp/balena/updates.lock sh -c 'touch /tmp/resin/held; ${FOREVER}'`;
    const asked = request(script);
    await driver.start(asked);
    await until(() => existsSync(join(asked.lockDir, 'held')));
    const seen = inspectSync(asked.path);
    expect(seen).toMatchObject({ verdict: 'held', by: 'kernel' });
    expect(seen.holders.some(({ command }) => command?.startsWith('flock '))).toBe(true);
  });

  it('runs as it was described, the supervisor’s variables over its own', async () => {
    const { driver, exits } = watched();
    const host = scratch();
    const asked = request('echo "$A|$B|$(pwd)|$(cat /host/file)" > /tmp/balena/said', {
      environment: { A: 'a b\nc', B: 'own' },
      workingDir: '/usr/share',
      volumes: [{ source: host, target: '/host', readOnly: true }],
    });
    writeFileSync(join(host, 'file'), 'of the host');
    await driver.start({ ...asked, environment: { B: 'supervisor' } });
    await until(() => exits.length === 1);
    const said = readFileSync(join(asked.lockDir, 'said'), 'utf8');
    expect(said).toBe('a b\nc|supervisor|/usr/share|of the host\n');
  });

  it('has its lock directory also below a volume', async () => {
    const { driver, exits } = watched();
    const volumes = [{ source: scratch(), target: '/tmp', readOnly: false }];
    const asked = request('echo here > /tmp/balena/said; echo too >> /tmp/resin/said', { volumes });
    await driver.start(asked);
    await until(() => exits.length === 1);
    expect(readFileSync(join(asked.lockDir, 'said'), 'utf8')).toBe('here\ntoo\n');
  });

  it('is told as an instance, with its number here', async () => {
    const { driver } = watched();
    const instance = await driver.start(request(FOREVER));
    expect(instance).toMatchObject({
      app: '1234',
      service: 'main',
      release: 'abcdef0123456789',
      fingerprint: 'print-1',
      state: 'running',
      id: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
    expect(instance.startedAt).toBe(new Date(instance.startedAt).toISOString());
    expect(readFileSync(`/proc/${String(instance.pid)}/cmdline`, 'utf8')).toContain(FOREVER);
    expect(await driver.list()).toEqual([instance]);
  });

  it('cannot override the labels by which it is known', async () => {
    const { driver } = watched();
    const labels = {
      'lockbridge.app': '9',
      'lockbridge.supervised': '0',
      'lockbridge.scope': 'x',
      'io.balena.app-id': '9',
      'io.balena.service-name': 'other',
      mine: 'stays',
    };
    const { id } = await driver.start(request(FOREVER, { labels }));
    expect(await driver.list()).toMatchObject([{ id, app: '1234', service: 'main' }]);
    expect((await describeContainer(id)).Config.Labels).toMatchObject({
      'lockbridge.app': '1234',
      'lockbridge.supervised': '1',
      'io.balena.app-id': '1234',
      'io.balena.service-name': 'main',
      mine: 'stays',
    });
  });

  it('is never restarted by the engine, and two runs of it do not clash', async () => {
    const { driver } = watched();
    const [one, two] = [await driver.start(request(FOREVER)), await driver.start(request(FOREVER))];
    const seen = await describeContainer(one.id);
    expect(seen.Name).toMatch(/^main_1234_abcdef0_[0-9a-f]{8}$/);
    expect(seen.HostConfig.RestartPolicy.Name).toMatch(/^(no)?$/);
    expect((await driver.list()).map(({ id }) => id).sort()).toEqual([one.id, two.id].sort());
  });
});

describe('an end', () => {
  it('of itself is told once, with its code, and stays listed', async () => {
    const { driver, exits } = watched();
    const { id } = await driver.start(request('read -t 0.3 x < /dev/zero; exit 7'));
    await until(() => exits.length > 0);
    expect(exits).toMatchObject([{ id, state: 'exited', exitCode: 7 }]);
    expect(await driver.list()).toEqual(exits);
    expect(exits).toHaveLength(1);
  });

  it('before start() is through is told as well', async () => {
    const { driver, exits } = watched();
    const started = await Promise.all(
      Array.from({ length: 4 }, async () => driver.start(request('exit 3'))),
    );
    await until(() => exits.length === 4);
    expect(exits.map(({ id }) => id).sort()).toEqual(started.map(({ id }) => id).sort());
    expect(exits.every(({ exitCode }) => exitCode === 3)).toBe(true);
  });

  it('by a kill from outside is told', async () => {
    const { driver, exits } = watched();
    const { id, pid } = await driver.start(request(FOREVER));
    process.kill(pid ?? 0, 'SIGKILL');
    await until(() => exits.length > 0);
    expect(exits).toMatchObject([{ id, exitCode: 137 }]);
  });

  it('by somebody who removes the container is told', async () => {
    const { driver, exits } = watched();
    const { id } = await driver.start(request(FOREVER));
    await engine().podman('rm', '--force', '--time', '0', id);
    await until(() => exits.length > 0);
    expect(exits).toMatchObject([{ id, state: 'exited' }]);
    expect(await driver.list()).toEqual([]);
    expect(exits).toHaveLength(1);
  });

  it('is told by the next driver, which adopts what runs', async () => {
    const first = watched();
    const instance = await first.driver.start(request(FOREVER));
    await first.driver.close();
    const { driver, exits } = watched();
    expect(await driver.list()).toEqual([instance]);
    await engine().podman('kill', instance.id);
    await until(() => exits.length > 0);
    expect(exits).toMatchObject([{ id: instance.id, fingerprint: 'print-1', exitCode: 137 }]);
    expect(first.exits).toEqual([]);
  });

  it('is told when the engine was killed and started again, before and after', async () => {
    const { driver, exits } = watched();
    const [early, late] = [
      await driver.start(request(FOREVER)),
      await driver.start(request(FOREVER)),
    ];
    await driver.list();
    await engine().kill();
    process.kill(early.pid ?? 0, 'SIGKILL');
    await engine().start();
    await until(() => exits.length > 0);
    expect(exits).toMatchObject([{ id: early.id, exitCode: 137 }]);
    process.kill(late.pid ?? 0, 'SIGKILL');
    await until(() => exits.length > 1);
    expect(exits[1]).toMatchObject({ id: late.id, exitCode: 137 });
  });

  it('is told although the engine keeps no events', async () => {
    const silent = new EngineService({ events: false });
    onTestFinished(async () => silent.remove());
    await silent.start();
    const { driver, exits } = watched(silent.socket);
    const { id, pid } = await driver.start(request(FOREVER));
    process.kill(pid ?? 0, 'SIGKILL');
    await until(() => exits.length > 0);
    expect(exits).toMatchObject([{ id, exitCode: 137 }]);
  });

  it('after a restart by somebody else is told of that run', async () => {
    const { driver, exits } = watched();
    const { id, startedAt } = await driver.start(request(FOREVER));
    await engine().podman('restart', '--time', '5', id);
    await until(async () => (await driver.list())[0]?.startedAt !== startedAt);
    const [now] = await driver.list();
    process.kill(now?.pid ?? 0, 'SIGKILL');
    await until(() => exits.some(({ exitCode }) => exitCode === 137));
    expect(exits.at(-1)).toMatchObject({ id, startedAt: now?.startedAt });
  });
});

describe('fetch', () => {
  const of = (name: string): ServiceTarget => serviceOf('true', { image: name });

  it('gets an image with its progress, once', async () => {
    const { driver } = watched();
    const { image: name, asked, close } = await registry();
    const percents: number[] = [];
    await driver.fetch(of(name), { onProgress: (percent) => percents.push(percent) });
    expect(percents).toEqual([...new Set(percents)].sort((a, b) => a - b));
    expect(percents.at(-1)).toBe(100);
    expect(asked.filter((path) => path.includes('/blobs/')).length).toBe(3);
    await close();
    await driver.fetch(of(name));
    await engine().podman('rmi', name);
  });

  it('asks nobody for an image that the engine has', async () => {
    await watched().driver.fetch(serviceOf('true'));
  });

  it('ends when it is told to', async () => {
    const { driver } = watched();
    const { image: name, asked } = await registry({ stalls: true });
    const end = new AbortController();
    const fetched = driver.fetch(of(name), { signal: end.signal });
    await until(() => asked.filter((path) => path.includes('/blobs/')).length > 1);
    end.abort();
    await expect(fetched).rejects.toMatchObject({ code: 'ERR_LOCK_ABORTED' });
  });

  it('says what a registry does not have, and which does not answer', async () => {
    const { driver } = watched();
    const { address, close } = await registry();
    const name = `${address}/nothing:1`;
    const fails = async (reason: RegExp): Promise<void> =>
      expect(driver.fetch(of(name))).rejects.toMatchObject({
        code: 'ERR_SERVICE',
        message: expect.stringMatching(reason) as unknown,
      });
    await fails(/^cannot fetch image '127.*\/nothing:1': .*manifest unknown/);
    await close();
    await fails(/^cannot fetch image '127.*\/nothing:1': .*connection refused/);
  });

  it.each(['../containers/json?', 'a/../../info', 'a b', '', '-x'])(
    'takes %j for no image, and asks nothing',
    async (name) => {
      const { driver } = watched(join(scratch(), 'none.sock'));
      await expect(driver.fetch(of(name))).rejects.toThrow(/is no image reference/);
    },
  );
});

describe('stop', () => {
  it('lets a service end in its own time, and is no exit', async () => {
    const { driver, exits } = watched();
    const asked = request(
      'trap "echo bye > /tmp/balena/said; exit" TERM; touch /tmp/balena/up; while :; do sleep 0.05; done',
    );
    const instance = await driver.start(asked);
    await until(() => existsSync(join(asked.lockDir, 'up')));
    await driver.stop(instance, 20_000);
    expect(readFileSync(join(asked.lockDir, 'said'), 'utf8')).toBe('bye\n');
    expect(await leftovers()).toBe('');
    expect(await driver.list()).toEqual([]);
    expect(exits).toEqual([]);
  });

  it('kills what does not end, and is idempotent', async () => {
    const { driver, exits } = watched();
    const instance = await driver.start(request('trap "" TERM; while :; do sleep 0.05; done'));
    await Promise.all([driver.stop(instance, 1000), driver.stop(instance, 1000)]);
    await driver.stop(instance, 1000);
    expect(await leftovers()).toBe('');
    expect(exits).toEqual([]);
  });

  it('removes what has ended already', async () => {
    const { driver, exits } = watched();
    const instance = await driver.start(request('exit 1'));
    await until(() => exits.length > 0);
    await driver.stop(instance, 0);
    expect(await leftovers()).toBe('');
  });
});

describe('a start that fails leaves nothing', () => {
  it.each([
    ['an image that is not there', { image: 'localhost/nobody:1' }, /no such image/i],
    ['a program that is not there', { command: ['/nowhere'] }, /\/nowhere.*no such file/],
    ['no image', { image: undefined }, /names no image/],
    [
      'a volume over the lock directory',
      { volumes: [{ source: 'v', target: '/tmp/./resin/', readOnly: false }] },
      /hide the lock directory/,
    ],
    [
      'a comma in a path',
      { volumes: [{ source: '/tmp', target: '/a,ro=false', readOnly: true }] },
      /comma/,
    ],
  ])('%s', async (_what, more, message) => {
    const { driver, exits } = watched();
    const started = driver.start(request(FOREVER, more as Partial<ServiceTarget>));
    await expect(started).rejects.toMatchObject({
      code: 'ERR_SERVICE',
      message: expect.stringMatching(message) as unknown,
    });
    await expect(started).rejects.toThrow(/^cannot start service 'main' of app '1234': [^\n]+$/);
    expect(await leftovers()).toBe('');
    expect(exits).toEqual([]);
  });
});

it('a lock directory whose name an engine would misread is refused', async () => {
  const asked = { ...request(FOREVER), lockDir: '/locks/a,ro=true' };
  await expect(watched().driver.start(asked)).rejects.toThrow(/without a comma/);
});

describe('what was made and never started', () => {
  const LABELS = { app: '1234', service: 'main', release: 'r', fingerprint: 'f', supervised: '1' };

  async function create(scope: string): Promise<string> {
    const labels = Object.entries({ ...LABELS, scope }).flatMap(([key, value]) => [
      '--label',
      `lockbridge.${key}=${value}`,
    ]);
    return engine().podman('create', ...labels, image(), 'true');
  }

  it('is removed by list(), and what is another supervisor’s is left', async () => {
    const { driver } = watched();
    await create('default');
    const theirs = await create('another');
    expect(await driver.list()).toEqual([]);
    expect(await engine().podman('ps', '--all', '--quiet', '--no-trunc')).toBe(theirs);
  });

  it('but is just being started is not', async () => {
    const { driver, exits } = watched();
    const starting = Promise.all(
      Array.from({ length: 4 }, async () => driver.start(request(FOREVER))),
    );
    let through = false;
    const started = starting.then((all) => {
      through = true;
      return all;
    });
    while (!through) await driver.list();
    expect(await driver.list()).toHaveLength((await started).length);
    expect(exits).toEqual([]);
  });
});

describe('a named volume', () => {
  const volumes = [{ source: 'data', target: '/data', readOnly: false }];

  it('outlives its service, and is gone after purge', async () => {
    const { driver, exits } = watched();
    const asked = request('echo kept > /data/file', { volumes });
    const first = await driver.start(asked);
    await until(() => exits.length === 1);
    await driver.stop(first, 0);
    const next = request('cat /data/file > /tmp/balena/said', { volumes });
    const second = await driver.start(next);
    await until(() => exits.length === 2);
    expect(readFileSync(join(next.lockDir, 'said'), 'utf8')).toBe('kept\n');
    await expect(driver.purge(next.app)).rejects.toThrow(/volume '1234_data'.*being used/);
    await driver.stop(second, 0);
    await driver.purge(next.app);
    await driver.purge(next.app);
    expect(await engine().podman('volume', 'ls', '--quiet')).toBe('');
  });

  it('of another app is neither used nor removed', async () => {
    const { driver } = watched();
    onTestFinished(async () => {
      await engine().podman('volume', 'rm', '1234_data');
    });
    await engine().podman('volume', 'create', '--label', 'lockbridge.app=1234_', '1234_data');
    const asked = request(FOREVER, { volumes });
    await expect(driver.start(asked)).rejects.toThrow(/it is app '1234_''s/);
    await driver.purge(asked.app);
    expect(await engine().podman('volume', 'ls', '--quiet')).toBe('1234_data');
  });
});

it('an engine that is not there is named', async () => {
  const { driver } = watched(join(scratch(), 'none.sock'));
  await expect(driver.list()).rejects.toMatchObject({
    code: 'ERR_SERVICE',
    message: expect.stringMatching(/none\.sock' cannot be reached \(ENOENT\)/) as unknown,
  });
});
