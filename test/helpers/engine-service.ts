// An engine of a test file's own: Podman's Docker-compatible API over storage that nothing else uses,
// beside the image that needContainers() made (read from where it is). It keeps events, which the rig's
// Podman does not, and can be killed and started again. Everything of it is gone after the tests.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import { podmanEnvironment, STORE } from '../containers/rig/podman.mjs';
import { image } from './podman.js';
import { until } from './scratch.js';

// For helpers/registry.ts, at whatever port.
const REGISTRIES = `[[registry]]
location = "127.0.0.1"
insecure = true
`;

export class EngineService {
  readonly dir: string = mkdtempSync(join(realpathSync(tmpdir()), 'lockbridge-engine-'));
  readonly socket: string = join(this.dir, 'engine.sock');
  /** In which `podman` is this engine's. */
  readonly env: NodeJS.ProcessEnv;
  #service: ChildProcess | undefined;

  /** `events`: whether it keeps any. */
  constructor({ events = true } = {}) {
    const base = podmanEnvironment();
    const write = (name: string, text: string): string => {
      writeFileSync(join(this.dir, name), text);
      return join(this.dir, name);
    };
    const logger = `events_logger = "file"\nevents_logfile_path = "${this.dir}/events.log"`;
    const containers = readFileSync(base['CONTAINERS_CONF'] ?? '', 'utf8')
      .replace('events_logger = "none"', events ? logger : '$&')
      .replace(/tmp_dir = ".*"/, `tmp_dir = "${this.dir}/state"`);
    const storage = `[storage]
driver = "overlay"
graphroot = "${this.dir}/images"
runroot = "${this.dir}/run"
[storage.options]
additionalimagestores = ["${STORE}/images"]
[storage.options.overlay]
skip_mount_home = "true"
`;
    this.env = {
      ...base,
      CONTAINERS_CONF: write('containers.conf', containers),
      CONTAINERS_STORAGE_CONF: write('storage.conf', storage),
      CONTAINERS_REGISTRIES_CONF: write('registries.conf', REGISTRIES),
    };
    mkdirSync(join(this.dir, 'state'));
  }

  /** Runs this engine's podman to its end, past the service; what it printed. */
  async podman(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('podman', args, { env: this.env });
    return stdout.trim();
  }

  async start(): Promise<void> {
    const args = ['system', 'service', '--time', '0', `unix://${this.socket}`];
    this.#service = spawn('podman', args, { env: this.env, stdio: 'ignore' });
    await until(async () => this.#answers());
  }

  async #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      get({ socketPath: this.socket, path: '/_ping' }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      }).on('error', () => {
        resolve(false);
      });
    });
  }

  /** Containers run on: Podman's have a monitor each. */
  async kill(): Promise<void> {
    const service = this.#service;
    if (service?.exitCode !== null || service.signalCode !== null) return;
    service.kill('SIGKILL');
    await once(service, 'exit');
  }

  async removeContainers(): Promise<void> {
    await this.podman('rm', '--all', '--force', '--time', '0');
  }

  async remove(): Promise<void> {
    await this.removeContainers();
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** For the top of a test file, after needContainers(). Call what it returns inside of tests. */
export function needEngineService(): () => EngineService {
  let engine: EngineService | undefined;
  beforeAll(async () => {
    if (image() === '') return;
    engine = new EngineService();
    await engine.start();
  });
  afterAll(async () => engine?.remove());
  return () => {
    if (engine === undefined) throw new Error('no engine');
    return engine;
  };
}
