// The compose example, run by podman-compose, as it is but for the directory it lies in and the images it names: the daemon in
// its container updates a service only when the jobs beside it, in other containers and languages, let it.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { peersDir } from '../../dist/env.js';
import { Client } from '../../dist/supervisor/client.js';
import type { LockReport, Status } from '../../src/supervisor/types.js';
import { buildArguments, DAEMON_MOUNTS } from '../helpers/daemon-image.js';
import { needEngineService } from '../helpers/engine-service.js';
import { itWith } from '../helpers/peers.js';
import { image, needContainers } from '../helpers/podman.js';
import { scratch, until } from '../helpers/scratch.js';

vi.setConfig({ testTimeout: 120_000 });

needContainers();
const engine = needEngineService();

const EXAMPLE = fileURLToPath(new URL('../../examples/service/', import.meta.url));
const DAEMON = 'localhost/lockbridge';
const PROJECT = 'press';
// Debian 12's is too old: it passes over `pid: host`, which is how a daemon ends up seeing nobody.
const COMPOSE = join(peersDir(), 'compose');
const SLEEP = 'trap "exit 0" TERM; sleep infinity & wait'; // else each stop takes its whole grace
const LOCKS = '/tmp/balena-supervisor';

interface Service {
  image: string;
  volumes: string[];
}

/** The example below a directory of its own: every path of the host is there instead. */
class Scene {
  readonly dir: string = scratch();

  constructor() {
    const text = readFileSync(join(EXAMPLE, 'compose.yaml'), 'utf8');
    const compose = parse(text) as { services: Record<string, Service> };
    for (const service of Object.values(compose.services)) {
      const ours = service.image === DAEMON;
      service.volumes = service.volumes.map((one) => this.#volume(one));
      if (ours) service.volumes.push(...DAEMON_MOUNTS);
      else service.image = image();
    }
    writeFileSync(join(this.dir, 'compose.yaml'), stringify(compose));
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

  /** Runs podman-compose in the example's directory. */
  async compose(...args: string[]): Promise<void> {
    const all = ['--file', join(this.dir, 'compose.yaml'), '--project-name', PROJECT, ...args];
    const env = { ...engine().env, PYTHONPATH: COMPOSE };
    await promisify(execFile)('python3', ['-m', 'podman_compose', ...all], { cwd: this.dir, env });
  }

  async up(service: string): Promise<void> {
    await this.compose('up', '--detach', service);
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

itWith(
  existsSync(COMPOSE) ? undefined : `no podman-compose in ${COMPOSE} (.ci/run installs it)`,
  'an update waits for jobs in containers beside the daemon, whatever their language',
  async () => {
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
          container: expect.objectContaining({ name: `${PROJECT}_backup_1` }),
        }),
      ]) as unknown[],
    });
    await scene.compose('kill', '--signal', 'KILL', 'backup');
    await scene.runs('1.1');

    await scene.up('report');
    await until(async () => (await scene.ask<{ locks: unknown[] }>('/locks')).locks.length === 1);
    scene.configure('1.2');
    expect(await scene.waits()).toMatchObject({ by: 'existence', protocol: 'py-link' });
    await scene.compose('stop', '--timeout', '5', 'report');
    await scene.runs('1.2');
  },
);
