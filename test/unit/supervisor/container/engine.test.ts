// Engines that are not there, do not answer, or say no; and an installation without their client.

import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Engine } from '../../../../src/supervisor/drivers/container/engine.js';
import { statusOf } from '../../../../src/supervisor/drivers/container/failure.js';
import { findSocket } from '../../../../src/supervisor/drivers/container/socket.js';
import { scratch } from '../../../helpers/scratch.js';

async function listening(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  const socket = join(scratch(), 'engine.sock');
  server.listen(socket);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return socket;
}

async function ping(socket?: string): Promise<unknown> {
  const work = async (docker: { ping(): Promise<unknown> }): Promise<unknown> => docker.ping();
  return new Engine(socket).ask('cannot ping', work, { limit: 100 });
}

it('one that never answers is given up, and named', async () => {
  const socket = await listening(() => undefined);
  await expect(ping(socket)).rejects.toMatchObject({
    code: 'ERR_SERVICE',
    message: `cannot ping: the container engine at '${socket}' does not answer within 0.1 s; look at its service`,
  });
});

it('one that begins an answer and never ends it is given up', async () => {
  const socket = await listening((_, response) => void response.write('{'));
  await expect(ping(socket)).rejects.toThrow(/does not answer/);
});

it('one that hangs up is named', async () => {
  const socket = await listening((request) => request.destroy());
  await expect(ping(socket)).rejects.toThrow(/engine\.sock' cannot be reached \(ECONNRESET\)/);
});

it('what it says is one line, safe for a terminal, and its status is kept', async () => {
  const socket = await listening((_, response) => {
    response.writeHead(500).end(JSON.stringify({ message: 'no\n  way \u001b[31m- really' }));
  });
  const failed: unknown = await ping(socket).catch((error: unknown) => error);
  expect(failed).toMatchObject({ message: 'cannot ping: no way ?[31m- really' });
  expect(statusOf(failed)).toBe(500);
});

it('is looked for where its clients are told to look', async () => {
  vi.stubEnv('CONTAINER_HOST', undefined);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const socket = await listening((_, response) => response.end('OK'));
  vi.stubEnv('DOCKER_HOST', `unix://${socket}`);
  expect(findSocket()).toBe(socket);
  expect(findSocket('/named')).toBe('/named');
  expect(String(await ping())).toBe('OK');
  // Its client would connect to this one, whatever socket it is given.
  vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:1');
  expect(String(await ping(socket))).toBe('OK');
});

it('an environment that its client cannot take is an error of ours', async () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://[');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  await expect(ping('/nowhere.sock')).rejects.toMatchObject({ code: 'ERR_SERVICE' });
});

it('without the optional client, the message says what to install', () => {
  const dir = scratch();
  const dist = fileURLToPath(new URL('../../../../dist', import.meta.url));
  cpSync(dist, join(dir, 'dist'), { recursive: true });
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  const script = `
    const { ContainerDriver } = await import('./dist/supervisor/drivers/container/driver.js');
    const driver = new ContainerDriver({ socket: '/nowhere.sock' });
    await driver.list().catch(({ code, message }) => console.log(code, message));
    await driver.close();`;
  const args = ['--input-type=module', '--eval', script];
  const said = execFileSync(process.execPath, args, { cwd: dir, encoding: 'utf8' });
  expect(said).toMatch(/^ERR_SERVICE .*npm install dockerode\n$/);
});
