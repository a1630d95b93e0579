// What a service finds in its environment, and what it can do with that: its own app, no other.

import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { holder } from '../helpers/child.js';
import { BIN } from '../helpers/cli.js';
import { ask, events, sleeper, started, type Said } from '../helpers/daemon-api.js';
import { Place, type TestDaemon } from '../helpers/daemon.js';
import { until } from '../helpers/scratch.js';
import { sh, written } from '../helpers/services.js';

type Variables = Record<string, string>;

/** A port of 127.0.0.1 that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Apps 7 and 8 on a daemon that listens on a loopback port; their services tell their variables. */
async function inside(): Promise<{
  place: Place;
  supervisor: TestDaemon;
  address: string;
  env: (app: string) => Variables;
}> {
  const place = new Place();
  const address = `127.0.0.1:${String(await freePort())}`;
  const file = (app: string): string => join(place.dir, `env-${app}`);
  const telling = (app: string): unknown =>
    sleeper({ command: sh('env -0 > "$1.new"; mv "$1.new" "$1"; exec sleep infinity', file(app)) });
  const apps = {
    7: { name: 'press', release: 'a', services: { one: telling('7'), two: sleeper() } },
    8: { name: 'pump', release: 'p', services: { only: telling('8') } },
  };
  const { supervisor } = await started(apps, { api: { listen: address } }, place);
  for (const app of ['7', '8']) await until(() => existsSync(file(app)));
  const env = (app: string): Variables =>
    Object.fromEntries(
      readFileSync(file(app), 'utf8')
        .split('\0')
        .filter((line) => line !== '')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  return { place, supervisor, address: `http://${address}`, env };
}

it('a service gets the variables that balena gives, under both names', async () => {
  const { place, address, env } = await inside();
  const variables = env('7');
  const expected = {
    APP_ID: '7',
    APP_NAME: 'press',
    APP_RELEASE: 'a',
    SERVICE_NAME: 'one',
    APP_LOCK_PATH: place.lock('7', 'one'),
    DEVICE_NAME_AT_INIT: 'test',
    SUPERVISOR_ADDRESS: address,
    SUPERVISOR_HOST: '127.0.0.1',
    SUPERVISOR_PORT: new URL(address).port,
  };
  for (const prefix of ['BALENA', 'RESIN']) {
    expect(variables[prefix]).toBe('1');
    for (const [name, value] of Object.entries(expected))
      expect([`${prefix}_${name}`, variables[`${prefix}_${name}`]]).toEqual([
        `${prefix}_${name}`,
        value,
      ]);
    expect(variables[`${prefix}_SUPERVISOR_API_KEY`]).toMatch(/^\S{32,}$/);
  }
  expect(env('8')['BALENA_SUPERVISOR_API_KEY']).not.toBe(variables['BALENA_SUPERVISOR_API_KEY']);
});

describe('the key of an app', () => {
  const unauthorized = {
    status: 401,
    text: expect.stringContaining('"status":"failed","message":"Unauthorized"') as string,
  };

  it('opens what belongs to that app, and nothing else', async () => {
    const { place, supervisor, address, env } = await inside();
    const key = env('7')['RESIN_SUPERVISOR_API_KEY'] ?? '';
    const as = async (what: string, body?: unknown): Promise<Said> =>
      ask(place, what, { key, address, body });
    const before = await theirs(place, address);
    for (const [what, body] of [
      ['POST /v1/restart', { appId: 8, force: true }],
      ['POST /v1/purge', { appId: '8' }],
      ['POST /v1/apps/8/stop', {}],
      ['POST /v2/applications/8/restart', {}],
      ['POST /v2/applications/8/stop-service', { serviceName: 'only' }],
      ['POST /v2/applications/9/restart', {}],
      ['GET /v2/local/target-state', undefined],
      ['POST /v2/local/target-state', { local: { apps: {} } }],
      ['PUT /override', { on: true }],
      ['GET /metrics', undefined],
    ] as const)
      expect({ what, ...(await as(what, body)) }).toMatchObject({ what, ...unauthorized });
    expect(await theirs(place, address)).toEqual(before);
    expect(supervisor.entries.some(({ kind }) => kind === 'stop' || kind === 'operation')).toBe(
      false,
    );

    expect(await as('POST /v2/applications/7/restart')).toMatchObject({ status: 200 });
    expect((await supervisor.entry('operation', 'restart')).who).toBe(
      'api 127.0.0.1 (key of app 7)',
    );
    for (const path of [
      '/status',
      '/v2/state/status',
      '/v2/applications/state',
      '/history',
      '/locks',
      '/v2/containerId',
    ])
      expect((await as(`GET ${path}`)).text).not.toMatch(/pump|only|"appId":8/);
  });

  it('hears of that app only', async () => {
    const { place, supervisor, address, env } = await inside();
    const seen = await events(place, { key: env('7')['BALENA_SUPERVISOR_API_KEY'] ?? '', address });
    const other = await holder(place.lock('8', 'only'));
    await supervisor.entry('lock', 'only');
    const own = await holder(place.lock('7', 'one'));
    await until(() => seen.some(({ data }) => data['kind'] === 'lock' && data['app'] === '7'));
    await Promise.all([other.finish(), own.finish()]);
    await ask(place, 'POST /v2/applications/8/restart', { address });
    await ask(place, 'POST /v2/applications/7/restart', { address });
    await until(() => seen.some(({ data }) => data['kind'] === 'release'));
    expect(new Set(seen.map(({ data }) => data['app']))).toEqual(new Set(['7']));
  });
});

it('a service asks for its own update, with what it finds in its environment', async () => {
  const place = new Place();
  const address = `127.0.0.1:${String(await freePort())}`;
  const out = join(place.dir, 'said');
  const curl = 'curl --silent --show-error -X POST -H "Content-Type: application/json"';
  const script = [
    `${curl} -H "Authorization: Bearer $BALENA_SUPERVISOR_API_KEY" "$BALENA_SUPERVISOR_ADDRESS/v1/update" -w "%{http_code}\\n"`,
    `${curl} --data '{"appId": 7}' "$RESIN_SUPERVISOR_ADDRESS/v1/purge?apikey=wrong" -o /dev/null -w "%{http_code}\\n"`,
    `curl --silent "$BALENA_SUPERVISOR_ADDRESS/v2/containerId?service=one&apikey=$BALENA_SUPERVISOR_API_KEY" | grep -c success`,
    `"$1" "$2" update --json > "$3.update" 2>&1; echo "update $?"`,
    `"$1" "$2" run --nonblock "$BALENA_APP_LOCK_PATH" -- "$1" "$2" override on > /dev/null 2>&1; echo "override $?"`,
  ];
  const command = sh(
    `{ ${script.join('; ')}; } > "$3.new" 2>&1; mv "$3.new" "$3"; exec sleep infinity`,
    process.execPath,
    BIN,
    out,
  );
  await started(
    { 7: { release: 'a', services: { one: sleeper({ command }) } } },
    { api: { listen: address } },
    place,
  );
  expect((await written(out)).split('\n')).toEqual(['204', '401', '1', 'update 0', 'override 77']);
  expect(readFileSync(`${out}.update`, 'utf8')).toContain('"release": "a"');
});

async function theirs(place: Place, address: string): Promise<unknown> {
  return (await ask(place, 'GET /v2/containerId', { address })).text;
}
