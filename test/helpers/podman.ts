// Podman for tests: makes the image on first use (test/containers/rig/). Where that cannot be, the
// tests that need it are skipped with the reason, and fail where LOCKBRIDGE_REQUIRE_PEERS=1.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, vi } from 'vitest';
import { requirePeers } from '../../dist/env.js';
import { podmanEnvironment } from '../containers/rig/podman.mjs';
import { until } from './scratch.js';

const RIG = fileURLToPath(new URL('../containers/rig/image.mjs', import.meta.url));
const TEN_MINUTES = 600_000;

let imageName = '';
let refused = '';

/** The image that {@link needContainers} made. */
export function image(): string {
  return imageName;
}

/** Runs podman to its end; what it printed. */
export async function podman(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('podman', args, { env: podmanEnvironment() });
  return stdout.trim();
}

async function makeImage(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('rootful Podman needs root');
  const { stdout } = await promisify(execFile)(process.execPath, [RIG]);
  imageName = stdout.trim();
  await podman('run', '--rm', imageName, 'true');
}

/** For the top of a test file whose tests need containers. */
export function needContainers(): void {
  beforeAll(async () => {
    try {
      await makeImage();
    } catch (error) {
      if (requirePeers()) throw error;
      refused = `no containers here: ${String(error)}`;
      console.warn(refused);
    }
  }, TEN_MINUTES);
  beforeEach(({ skip }) => {
    skip(refused !== '', refused);
  });
}

async function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    get({ socketPath, path: '/_ping' }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => {
      resolve(false);
    });
  });
}

/** Podman's Docker-compatible API on a socket that CONTAINER_HOST names, for all tests of a file. */
export function needEngineSocket(): void {
  beforeAll(async () => {
    if (refused !== '') return undefined;
    const dir = mkdtempSync(join(tmpdir(), 'lockbridge-engine-'));
    const socket = join(dir, 'engine.sock');
    const service = spawn('podman', ['system', 'service', '--time', '0', `unix://${socket}`], {
      env: podmanEnvironment(),
      stdio: 'ignore',
    });
    const ended = once(service, 'exit');
    vi.stubEnv('DOCKER_HOST', undefined);
    vi.stubEnv('CONTAINER_HOST', `unix://${socket}`);
    await until(async () => answers(socket));
    return async () => {
      vi.unstubAllEnvs();
      service.kill();
      await ended;
      rmSync(dir, { recursive: true, force: true });
    };
  });
}
