// The compose example, as it is but for the directory it lies in and the images it names: the daemon in
// its container updates a service only when the jobs beside it, in other containers and languages, let it.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';
import { Client } from '../../dist/supervisor/client.js';
import type { LockReport, Status } from '../../src/supervisor/types.js';
import { buildArguments, DAEMON_MOUNTS } from '../helpers/daemon-image.js';
import { needEngineService } from '../helpers/engine-service.js';
import { image, needContainers } from '../helpers/podman.js';
import { scratch, until } from '../helpers/scratch.js';

vi.setConfig({ testTimeout: 120_000 });

needContainers();
const engine = needEngineService();

const EXAMPLE = fileURLToPath(new URL('../../examples/service/', import.meta.url));
const DAEMON = 'localhost/lockbridge';
const SLEEP = 'trap "exit 0" TERM; sleep infinity & wait'; // else each stop takes its whole grace
const LOCKS = '/tmp/balena-supervisor';

interface Service {
  image: string;
  pid?: string;
  network_mode: string;
  volumes: string[];
  command?: string[];
}

/** The example below a directory of its own: every path of the host is there instead. */
class Scene {
  readonly dir: string = scratch();
  readonly #services: Record<string, Service>;

  constructor() {
    const text = readFileSync(join(EXAMPLE, 'compose.yaml'), 'utf8');
    this.#services = (parse(text) as { services: Record<string, Service> }).services;
    for (const dir of ['var/lib/lockbridge', 'run/lockbridge', 'lockbridge', LOCKS])
      mkdirSync(join(this.dir, dir), { recursive: true });
    this.configure('1.0');
    onTestFinished(async () => engine().removeContainers());
  }

  configure(release: string): void {
    const text = readFileSync(join(EXAMPLE, 'lockbridge/supervisor.yaml'), 'utf8')
      .replace('root: /', `root: ${this.dir}`)
      .replace('/run/podman/podman.sock', engine().socket)
      .replace(/image: .*/, `image: ${image()}`)
      .replace("'1.0'", `'${release}'`)
      .replace('[sleep, infinity]', JSON.stringify(['sh', '-c', `${SLEEP} # ${release}`]));
    writeFileSync(join(this.dir, 'lockbridge/supervisor.yaml'), text);
  }

  /** Starts a service as compose would. */
  async up(name: string): Promise<void> {
    const service = this.#services[name];
    if (service === undefined) throw new Error(`no service ${name} in the example`);
    const { pid, network_mode: network, volumes, command = [] } = service;
    const ours = service.image === DAEMON;
    const mounts = [...volumes.map((one) => this.#volume(one)), ...(ours ? DAEMON_MOUNTS : [])];
    await engine().podman(
      ...['run', '--detach', '--name', name, '--network', network],
      ...(pid === undefined ? [] : ['--pid', pid]),
      ...mounts.flatMap((mount) => ['--volume', mount]),
      ...[ours ? DAEMON : image(), ...command],
    );
  }

  // What the supervisor hands on to the engine has one path, inside and outside.
  #volume(volume: string): string {
    const [from = '', to = '', ...more] = volume.split(':');
    if (from.endsWith('.sock')) return `${engine().socket}:${engine().socket}`;
    const here = join(this.dir, from);
    return [here, from === to && to === LOCKS ? here : to, ...more].join(':');
  }

  async ask<T>(path: string): Promise<T> {
    const key = readFileSync(join(this.dir, 'var/lib/lockbridge/api.key'), 'utf8').trim();
    const address = `unix:${join(this.dir, 'run/lockbridge/api.sock')}`;
    return new Client({ address, key }).ask<T>('GET', path);
  }

  async runs(release: string): Promise<void> {
    await until(async () => {
      const { apps } = await this.ask<Status>('/status').catch(() => ({ apps: [] }));
      return apps[0]?.release === release && apps[0].update.state === 'idle';
    });
  }

  /** Resolves when the update waits, with whose lock is in the way. */
  async waits(): Promise<LockReport | undefined> {
    await until(async () => {
      const { apps } = await this.ask<Status>('/status');
      return apps[0]?.update.state === 'waiting';
    });
    return (await this.ask<{ locks: LockReport[] }>('/locks')).locks[0];
  }
}

it('an update waits for jobs in containers beside the daemon, whatever their language', async () => {
  await engine().podman(...buildArguments(image(), DAEMON));
  const scene = new Scene();
  await scene.up('supervisor');
  await scene.runs('1.0');

  await scene.up('backup');
  await until(async () => (await scene.ask<{ locks: unknown[] }>('/locks')).locks.length === 1);
  scene.configure('1.1');
  expect(await scene.waits()).toMatchObject({
    by: 'kernel',
    protocol: 'flock',
    holders: expect.arrayContaining([
      expect.objectContaining({
        role: 'holds',
        container: expect.objectContaining({ name: 'backup' }),
      }),
    ]) as unknown[],
  });
  await engine().podman('rm', '--force', '--time', '0', 'backup');
  await scene.runs('1.1');

  await scene.up('report');
  await until(async () => (await scene.ask<{ locks: unknown[] }>('/locks')).locks.length === 1);
  scene.configure('1.2');
  expect(await scene.waits()).toMatchObject({ by: 'existence', protocol: 'py-link' });
  await engine().podman('stop', '--time', '5', 'report');
  await scene.runs('1.2');
});
