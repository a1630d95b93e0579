// The engine's socket is asked for names, and never believed, waited for or read without bound.

import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { nameContainers } from '../../src/inspect/engine.js';
import type { Container } from '../../src/inspect/types.js';
import { scratch } from '../helpers/scratch.js';

const ID = 'ab'.repeat(32);

async function engine(answer: RequestListener): Promise<void> {
  const socket = join(scratch(), 's');
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  process.env['DOCKER_HOST'] = `unix://${socket}`;
  onTestFinished(() => {
    delete process.env['DOCKER_HOST'];
    server.closeAllConnections();
    server.close();
  });
}

async function named(
  containers: Container[] = [{ engine: 'docker', id: ID }],
): Promise<Container[]> {
  await nameContainers(containers);
  return containers;
}

it('name, image and service come from the engine, each container asked for once', async () => {
  const asked: (string | undefined)[] = [];
  await engine((request, response) => {
    asked.push(request.url);
    const Labels = { 'io.balena.service-name': 'flasher' };
    response.end(JSON.stringify({ Name: '/box_1', Config: { Image: 'img', Labels } }));
  });
  const twice = [1, 2].map(() => ({ engine: 'docker', id: ID }));
  const full = { engine: 'docker', id: ID, name: 'box_1', image: 'img', service: 'flasher' };
  expect(await named(twice)).toEqual([full, full]);
  expect(asked).toEqual([`/containers/${ID}/json`]);
});

it.each<[string, RequestListener]>([
  ['says no', (_, response) => response.writeHead(404).end('{"Name":"/x"}')],
  ['answers no JSON', (_, response) => response.end('<html>')],
  ['answers JSON of another shape', (_, response) => response.end('[null, {"Config": 7}]')],
  ['never answers', () => undefined],
  ['never ends', (_, response) => void response.write('{"Name":')],
  ['sends too much', (_, response) => void response.write(`"${'x'.repeat(2 << 20)}`)],
  ['hangs up', (request) => request.destroy()],
])('an engine that %s leaves the id alone', async (_what, answer) => {
  await engine(answer);
  expect(await named()).toEqual([{ engine: 'docker', id: ID }]);
});

it('a name with control characters is made safe to print', async () => {
  await engine((_, response) => response.end('{"Name":"/a\\u001b[31mb"}'));
  expect((await named())[0]?.name).toBe('a?[31mb');
});

it('an id that is none of an engine’s is never sent', async () => {
  let asked = false;
  await engine((_, response) => {
    asked = true;
    response.end('{}');
  });
  await named([{ engine: 'lxc', id: '../../secrets' }]);
  expect(asked).toBe(false);
});
