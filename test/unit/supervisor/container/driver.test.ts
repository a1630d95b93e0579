// Moments that a real engine passes through too quickly to be met: here the engine is a script that
// stands still in them.

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ContainerDriver } from '../../../../src/supervisor/drivers/container/driver.js';
import type { Instance, StartRequest } from '../../../../src/supervisor/drivers/types.js';
import { scratch, until } from '../../../helpers/scratch.js';

const ID = 'c'.repeat(64);
const NEVER = '0001-01-01T00:00:00Z';
const ONE = '2026-01-01T00:00:01.000Z';
const TWO = '2026-01-01T00:00:02.000Z';

class Script {
  readonly socket: string = join(scratch(), 'engine.sock');
  startedAt = NEVER;
  running = false;
  removed = 0;
  /** The answer to a start that was asked for, until it is given. */
  start: ServerResponse | undefined;
  #name = '';
  #labels: unknown;
  #events: ServerResponse | undefined;

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      const what = `${String(request.method)} ${String(request.url)}`;
      let body = '';
      request.on('data', (data) => (body += String(data)));
      request.on('end', () => {
        this.#answer(what, body, response);
      });
    });
    server.listen(this.socket);
    await once(server, 'listening');
    onTestFinished(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
  }

  #answer(what: string, body: string, response: ServerResponse): void {
    const give = (status: number, value: unknown = {}): void => {
      response.writeHead(status).end(JSON.stringify(value));
    };
    if (what.includes('/events')) (this.#events = response).writeHead(200).flushHeaders();
    else if (what.startsWith('POST /containers/create')) {
      this.#name = /name=([^&]*)/.exec(what)?.[1] ?? '';
      this.#labels = (JSON.parse(body) as { Labels: unknown }).Labels;
      give(201, { Id: ID });
    } else if (what.endsWith('/start')) this.start = response;
    else if (what.startsWith('GET /containers/json'))
      give(200, this.#name === '' ? [] : [{ Id: ID }]);
    else if (what.startsWith('GET /containers/')) give(200, this.#container());
    else if (what.startsWith('DELETE')) {
      this.removed++;
      give(204);
    } else give(404);
  }

  #container(): unknown {
    const State = {
      Running: this.running,
      Pid: 0,
      ExitCode: 0,
      StartedAt: this.startedAt,
      FinishedAt: NEVER,
    };
    return { Id: ID, Name: `/${this.#name}`, Config: { Labels: this.#labels }, State };
  }

  get listenedTo(): boolean {
    return this.#events !== undefined;
  }

  die(exitCode: string, at: string): void {
    const timeNano = Date.parse(at) * 1e6;
    const Actor = { ID, Attributes: { exitCode } };
    this.#events?.write(
      `${JSON.stringify({ Type: 'container', Action: 'die', Actor, timeNano })}\n`,
    );
  }
}

async function prepare(): Promise<{
  script: Script;
  driver: ContainerDriver;
  exits: Instance[];
  starting: Promise<Instance>;
}> {
  const script = new Script();
  await script.listen();
  const driver = new ContainerDriver({ socket: script.socket });
  const exits: Instance[] = [];
  driver.onExit = (instance) => exits.push(instance);
  onTestFinished(async () => driver.close());
  await driver.list();
  await until(() => script.listenedTo);
  const starting = driver.start({
    app: { id: '1', name: 'a', release: 'r' },
    service: {
      name: 's',
      serviceId: 1,
      imageId: 1,
      image: 'i',
      labels: {},
      environment: {},
      volumes: [],
      stopGrace: 0,
    },
    environment: {},
    fingerprint: 'f',
    lockDir: scratch(),
  } as unknown as StartRequest);
  await until(() => script.start !== undefined);
  return { script, driver, exits, starting };
}

function started(script: Script): void {
  script.running = true;
  script.startedAt = ONE;
  script.start?.writeHead(204).end();
}

it('a container that is just being started is no leftover', async () => {
  const { script, driver, starting } = await prepare();
  expect(await driver.list()).toEqual([]);
  started(script);
  expect(await starting).toMatchObject({ id: ID, state: 'running' });
  expect(script.removed).toBe(0);
});

it('an end that the engine tells before start() is through is not missed', async () => {
  const { script, exits, starting } = await prepare();
  script.die('9', TWO);
  started(script);
  await starting;
  await until(() => exits.length > 0);
  expect(exits).toMatchObject([{ id: ID, state: 'exited', exitCode: 9, startedAt: ONE }]);
});

it('a run that ended and was started again by somebody else goes on', async () => {
  const { script, driver, exits, starting } = await prepare();
  started(script);
  await starting;
  script.startedAt = TWO;
  script.die('9', ONE);
  await until(async () => (await driver.list())[0]?.startedAt === TWO);
  script.die('8', TWO);
  await until(() => exits.length > 0);
  expect(exits).toMatchObject([{ id: ID, exitCode: 8, startedAt: TWO }]);
});

it('after close() nothing is told', async () => {
  const { script, driver, exits, starting } = await prepare();
  started(script);
  await starting;
  script.die('9', TWO);
  await driver.close();
  await new Promise(setImmediate);
  expect(exits).toEqual([]);
});
