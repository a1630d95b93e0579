// The daemon with containers of a real Podman: services lock inside of theirs, as they would on a
// device, and whatever dies meanwhile, none is stopped that holds a lock.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Instance } from '../../src/supervisor/drivers/types.js';
import type { LockReport } from '../../src/supervisor/types.js';
import { helperChild } from '../helpers/child.js';
import { cli } from '../helpers/cli.js';
import { daemon, Place, type TestDaemon } from '../helpers/daemon.js';
import { needEngineService } from '../helpers/engine-service.js';
import { image, needContainers } from '../helpers/podman.js';
import { scratch, until } from '../helpers/scratch.js';

vi.setConfig({ testTimeout: 90_000 });

needContainers();
const engine = needEngineService();

const HELPERS = fileURLToPath(new URL('../helpers/', import.meta.url));
const SLEEPER = ['sh', '-c', 'trap "exit 0" TERM; sleep infinity & wait'];
const FLOCK = `trap "exit 0" TERM
flock /tmp/balena/updates.lock sh -c 'read _ < /control/flock' & wait
sleep infinity & wait`;
const PYTHON = `
import signal, sys
from lockfile import LockFile
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
with LockFile('/tmp/resin/resin-updates'):
    open('/control/python').read()
signal.pause()`;

/** A daemon's place whose services are containers, and the FIFOs at which those wait for us. */
class Scene {
  readonly place = new Place();
  readonly control = scratch();

  constructor() {
    onTestFinished(async () => engine().removeContainers());
    for (const name of ['flock', 'python']) execFileSync('mkfifo', [join(this.control, name)]);
  }

  service(release: string, command: string[], more: Record<string, unknown> = {}): unknown {
    const volumes = [`${this.control}:/control`, `${HELPERS}:/helpers:ro`];
    const environment = { RELEASE: release };
    return { image: image(), command, volumes, environment, 'stop-grace': '5s', ...more };
  }

  configure(release: string, services: Record<string, unknown>, update = {}): void {
    this.place.configure(
      { 7: { name: 'app', release, services, update } },
      { driver: 'container', socket: engine().socket },
    );
  }

  /** Release `a`: one service in a critical section by flock, one by Python's lockfile. */
  async lockers(): Promise<TestDaemon> {
    this.configure('a', {
      flock: this.service('a', ['sh', '-c', FLOCK]),
      python: this.service('a', ['python3', '-c', PYTHON]),
    });
    const supervisor = await daemon(this.place);
    await supervisor.entry('applied', 'release a runs');
    await until(async () => (await this.locks()).length === 2);
    return supervisor;
  }

  sleepers(release: string): void {
    const sleeper = this.service(release, SLEEPER);
    this.configure(release, { flock: sleeper, python: sleeper });
  }

  /** Ends the critical section of that service. */
  async finish(name: string): Promise<void> {
    await writeFile(join(this.control, name), '\n');
  }

  async locks(): Promise<LockReport[]> {
    return (await this.place.client().ask<{ locks: LockReport[] }>('GET', '/locks')).locks;
  }

  /** The locks are let go a moment after the release is on record. */
  async untilNothingIsLocked(names: readonly string[]): Promise<void> {
    for (const name of names)
      await until(() => readdirSync(this.place.lockDir('7', name)).length === 0);
  }
}

async function instanceOf(supervisor: TestDaemon, name: string): Promise<Instance> {
  const { apps } = await supervisor.status();
  const instance = apps[0]?.services.find((service) => service.name === name)?.instance;
  if (instance === undefined) throw new Error(`no instance of ${name}`);
  return instance;
}

/** What runs, as the engine has it: service and release of each container. */
async function running(): Promise<string[]> {
  const format = '{{index .Labels "lockbridge.service"}} {{index .Labels "lockbridge.release"}}';
  return (await engine().podman('ps', '--format', format)).split('\n').sort();
}

it('a release is updated under locks that services take inside their containers', async () => {
  const scene = new Scene();
  const supervisor = await scene.lockers();
  scene.sleepers('b');
  await supervisor.entry('wait', '^flock');
  await supervisor.entry('wait', '^python');
  await scene.finish('flock');
  await until(async () => {
    const [app] = (await supervisor.status()).apps;
    return app?.update.blockers?.map(({ service }) => service?.service).join() === 'python';
  });
  expect(await running()).toEqual(['flock a', 'python a']);
  await scene.finish('python');
  await supervisor.entry('applied', 'release b runs');
  const kinds = supervisor.entries.map(({ kind }) => kind);
  expect(kinds.indexOf('stop')).toBeGreaterThan(kinds.indexOf('take'));
  expect(kinds.filter((kind) => kind === 'stop')).toHaveLength(2);
  expect(await running()).toEqual(['flock b', 'python b']);
  await supervisor.entry('release');
  await scene.untilNothingIsLocked(['flock', 'python']);
});

it('GET /locks names the container that holds a lock, and its service', async () => {
  const scene = new Scene();
  await scene.lockers();
  const [flock, python] = await scene.locks();
  expect(flock).toMatchObject({ service: { service: 'flock' }, verdict: 'held', by: 'kernel' });
  expect(flock?.holders[0]).toMatchObject({
    container: {
      engine: 'podman',
      name: expect.stringMatching(/^flock_7_a_/) as unknown,
      service: 'flock',
    },
  });
  expect(python).toMatchObject({
    service: { service: 'python' },
    verdict: 'held',
    by: 'existence',
    protocol: 'py-link',
  });
});

describe('the lock file of a container that has exited', () => {
  async function left(update: Record<string, unknown>): Promise<TestDaemon> {
    const scene = new Scene();
    const command = ['lockfile', '-r0', '/tmp/balena/updates.lock'];
    const configure = (release: string): void => {
      const job = scene.service(release, command, { restart: 'no' });
      scene.configure(release, { flock: scene.service(release, SLEEPER), job }, update);
    };
    configure('a');
    const supervisor = await daemon(scene.place);
    await supervisor.entry('exit', 'job');
    configure('b');
    return supervisor;
  }

  it('holds, and how its service ended is said', async () => {
    const supervisor = await left({});
    await supervisor.entry('wait', '^job');
    const blocker = (await supervisor.status()).apps[0]?.update.blockers?.[0];
    expect(blocker?.exited).toMatchObject({ code: 0 });
    expect(await running()).toEqual(['flock a']);
  });

  it('is no obstacle where the policy calls it stale', async () => {
    const supervisor = await left({ 'exited-services': 'stale' });
    await supervisor.entry('applied', 'release b runs');
    await supervisor.entry('override', '^job');
  });
});

it('a container that is killed from outside is started again', async () => {
  const scene = new Scene();
  scene.sleepers('a');
  const supervisor = await daemon(scene.place);
  await supervisor.entry('applied', 'release a runs');
  const before = await instanceOf(supervisor, 'flock');
  process.kill(before.pid ?? 0, 'SIGKILL');
  await supervisor.entry('exit', 'flock ended with 137');
  await supervisor.entry('start', 'it had ended');
  const after = await instanceOf(supervisor, 'flock');
  expect(after.id).not.toBe(before.id);
  expect(await running()).toEqual(['flock a', 'python a']);
});

it('under an override a service’s exit removes the supervisor’s lock, which is taken anew', async () => {
  const scene = new Scene();
  const supervisor = await scene.lockers();
  scene.sleepers('b');
  await supervisor.entry('wait', '^python');
  expect(cli('override', 'on', '-c', scene.place.file)).toMatchObject({ code: 0, err: '' });
  await supervisor.entry('applied', 'release b runs');
  expect(await supervisor.entry('override', '^python')).toMatchObject({ app: '7' });
  await supervisor.entry('loss', '^python');
  await supervisor.entry('retake', '^python');
  await supervisor.entry('release');
  expect(await running()).toEqual(['flock b', 'python b']);
});

it('during a wait an engine may go away and come back, and what died meanwhile runs again', async () => {
  const scene = new Scene();
  const supervisor = await scene.lockers();
  scene.sleepers('b');
  await supervisor.entry('wait', '^python');
  const { pid = 0 } = await instanceOf(supervisor, 'flock');
  await engine().kill();
  await scene.finish('flock');
  await until(async () => {
    const [app] = (await supervisor.status()).apps;
    return app?.update.state === 'waiting' && app.update.blockers?.length === 1;
  });
  process.kill(pid, 'SIGKILL');
  await engine().start();
  await supervisor.entry('exit', 'flock ended with 137');
  await supervisor.entry('start', '^flock .*it had ended');
  await until(async () => (await scene.locks()).length === 2);
  await scene.finish('flock');
  await scene.finish('python');
  await supervisor.entry('applied', 'release b runs');
  expect(await running()).toEqual(['flock b', 'python b']);
});

it.each(['take', 'after stop', 'before start', 'after start', 'applied'])(
  'a daemon that is killed at “%s” of an update has it finished by the next one',
  async (step) => {
    const scene = new Scene();
    const { place } = scene;
    const names = ['one', 'two'];
    const log = (name: string): string => join(scene.control, `${name}.log`);
    const configure = (release: string): void => {
      const service = (name: string): unknown =>
        scene.service(release, ['/helpers/watched-service.sh'], {
          environment: { RELEASE: release, LOG: `/control/${name}.log` },
        });
      scene.configure(release, { one: service('one'), two: service('two') });
    };
    configure('a');
    const first = await daemon(place);
    await first.entry('applied', 'release a runs');
    await first.end();
    configure('b');
    const doomed = helperChild('doomed-daemon.mjs', [place.file, step]);
    expect(await once(doomed.process, 'exit')).toEqual([null, 'SIGKILL']);
    const next = await daemon(place);
    await until(async () => {
      const [app] = (await next.status()).apps;
      return app?.release === 'b' && app.update.state === 'idle';
    });
    expect(await running()).toEqual(['one b', 'two b']);
    for (const name of names) expect(readFileSync(log(name), 'utf8')).not.toContain('UNLOCKED');
    await scene.untilNothingIsLocked(names);
  },
);
