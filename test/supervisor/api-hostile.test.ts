// Bodies that are meant to harm, sent to a daemon that runs services: each is refused with its reason,
// and what runs goes on running.

import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { appKey, ask, askJson, deviceKey, runs, sleeper, started } from '../helpers/daemon-api.js';
import type { Place, TestDaemon } from '../helpers/daemon.js';
import { runs as lives } from '../helpers/services.js';

const POST = 'POST /v2/local/target-state';

async function running(): Promise<{
  place: Place;
  supervisor: TestDaemon;
  unharmed: () => Promise<void>;
}> {
  const { place, supervisor } = await started({
    7: { release: 'a', services: { one: sleeper() } },
  });
  const before = await runs(place, '7');
  const unharmed = async (): Promise<void> => {
    expect(await ask(place, 'GET /v1/healthy')).toMatchObject({ status: 200 });
    expect(await runs(place, '7')).toEqual(before);
    expect(lives(Number(before['one']?.split('-')[0]))).toBe(true);
    expect(supervisor.entries.map(({ kind }) => kind)).toEqual([
      'target',
      'started',
      'start',
      'applied',
    ]);
    expect(supervisor.child.stderr.join('')).toBe('');
    expect(readdirSync(join(place.dir, 'tmp/balena-supervisor/services'))).toEqual(['7']);
    expect(({} as Record<string, unknown>)['polluted']).toBe(undefined);
  };
  return { place, supervisor, unharmed };
}

const deep = (depth: number): string => `${'{"local":'.repeat(depth)}1${'}'.repeat(depth)}`;
const app = (more: string): string =>
  `{"local":{"apps":{"7":{"services":{"1":{"serviceName":"one","command":["true"]${more}}}}}}}`;

it('bodies that cannot be a target state are refused', async () => {
  const { place, unharmed } = await running();
  const bodies: [number, string][] = [
    [400, ''],
    [400, '{'],
    [400, 'null'],
    [400, '[]'],
    [400, '"local"'],
    [400, '{"local":null}'],
    [400, '{"local":{}}'],
    [400, '{"local":{"app":{}}}'],
    [400, '{"local":{"apps":{"7":{}}}}'],
    [400, deep(6000)],
    [400, `{"local":{"apps":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`],
    [400, '{"local":{"apps":{}},"__proto__":{"polluted":1}}'],
    [400, '{"local":{"__proto__":{"polluted":1},"apps":{}}}'],
    [400, '{"local":{"apps":{"__proto__":{"services":{}}}}}'],
    [400, '{"local":{"apps":{},"constructor":{"prototype":{"polluted":1}}}}'],
    [400, app(',"environment":{"__proto__":"x"}')],
    [413, `{"local":{"apps":{}},"pad":"${'x'.repeat(64 * 1024)}"}`],
    [413, 'x'.repeat(64 * 1024 + 1)],
  ];
  for (const [status, body] of bodies) {
    const said = await ask(place, POST, { body });
    expect({ body: body.slice(0, 80), status: said.status }).toEqual({
      body: body.slice(0, 80),
      status,
    });
    expect(JSON.parse(said.text)).toMatchObject({ status: 'failed' });
    expect(said.text.length).toBeLessThan(4096);
  }
  await unharmed();
});

it('a body of exactly 64 KiB is read', async () => {
  const { place, unharmed } = await running();
  const { state } = await askJson<{ state: unknown }>(place, 'GET /v2/local/target-state');
  const text = JSON.stringify({ ...(state as object), pad: '' });
  const body = text.replace('"pad":""', `"pad":"${'x'.repeat(64 * 1024 - text.length)}"`);
  expect(Buffer.byteLength(body)).toBe(64 * 1024);
  const said = await ask(place, POST, { body });
  expect(said).toMatchObject({ status: 200 });
  await expect(unharmed()).rejects.toThrow('target'); // another entry, and nothing else
});

const WRONG = [
  '{}',
  '[]',
  '[[]]',
  '{"a":{}}',
  '0',
  '-1',
  '1.5',
  '1e999',
  'true',
  'null',
  '""',
  '"\\u0000"',
  '"../x"',
  '"\\ud800"',
];
// What each field takes of these, because it is one of the ways to write it.
const FITS: Record<string, readonly string[]> = {
  command: ['"../x"', '"\\ud800"'],
  image: ['""', '"../x"', '"\\ud800"'],
  environment: ['{}', '[]'],
  labels: ['{}', '[]'],
  volumes: ['[]'],
  running: ['true'],
  restart: [],
  stop_grace_period: ['0', '1.5'],
  working_dir: [],
  serviceId: [],
  imageId: [],
  serviceName: [],
};

it.each(Object.entries(FITS))(
  'a service whose %s is of a wrong type is refused by its name',
  async (field, fits) => {
    const { place, unharmed } = await running();
    for (const value of WRONG) {
      if (fits.includes(value)) continue;
      const body = `{"local":{"apps":{"7":{"services":{"1":{"serviceName":"one","command":["true"],"${field}":${value}}}}}}}`;
      const { status, text } = await ask(place, POST, { body });
      expect({ value, status, text }).toEqual({ value, status: 400, text });
      expect(text).toContain(field);
    }
    await unharmed();
  },
);

it('so is an app, and the device itself', async () => {
  const { place, unharmed } = await running();
  const fields: [string, (value: string) => string, readonly string[]][] = [
    ['local', (value) => `{"local":${value}}`, []],
    ['name', (value) => `{"local":{"apps":{},"name":${value}}}`, ['""', '"../x"', '"\\ud800"']],
    ['config', (value) => `{"local":{"apps":{},"config":${value}}}`, ['{}']],
    ['apps', (value) => `{"local":{"apps":${value}}}`, ['{}']],
    ...['commit', 'releaseId', 'services', 'update', 'dataDir'].map(
      (field): (typeof fields)[number] => [
        field,
        (value) =>
          `{"local":{"apps":{"7":{${field === 'services' ? '' : '"services":{},'}"${field}":${value}}}}}`,
        field === 'commit'
          ? ['0', '-1', '1.5', '"../x"']
          : ['services', 'update'].includes(field)
            ? ['{}']
            : [],
      ],
    ),
  ];
  for (const [field, bodyOf, fits] of fields)
    for (const value of WRONG) {
      if (fits.includes(value)) continue;
      const { status, text } = await ask(place, POST, { body: bodyOf(value) });
      expect({ field, value, status, text }).toEqual({ field, value, status: 400, text });
    }
  await unharmed();
});

it.each([
  '..',
  '.',
  '../../etc',
  '/etc',
  'a/b',
  '.hidden',
  '',
  ' ',
  'a\\u0000b',
  'a\\nb',
  'x'.repeat(201),
  '\\u202e',
])('a name that could lead out of the tree is none: %j', async (name) => {
  const { place, unharmed } = await running();
  const service = (of: string): string => `{"serviceName":"${of}","command":["true"]}`;
  for (const body of [
    `{"local":{"apps":{"${name}":{"services":{"1":${service('one')}}}}}}`,
    `{"local":{"apps":{"7":{"services":{"1":${service(name)}}}}}}`,
    `{"local":{"apps":{"7":{"services":{"1":{"serviceName":"one","command":["true"],"volumes":["${name === '/etc' ? 'a:b' : name}:/x"]}}}}}}`,
  ])
    expect({ body, ...(await ask(place, POST, { body })) }).toMatchObject({ body, status: 400 });
  const path = encodeURIComponent(JSON.parse(`"${name}"`) as string);
  const said = await ask(place, `POST /v2/applications/${path}/restart`);
  expect([400, 404, 405]).toContain(said.status);
  expect(existsSync(join(place.dir, 'etc'))).toBe(false);
  await unharmed();
});

it.each(['constructor', 'toString', 'hasOwnProperty', '__defineGetter__'])(
  'an app that is called %s is one as any other',
  async (name) => {
    const { place, supervisor } = await running();
    const body = {
      local: {
        apps: {
          [name]: {
            commit: 'c1',
            services: { 1: { serviceName: name, command: ['sleep', 'infinity'] } },
          },
        },
      },
    };
    expect(await ask(place, POST, { body })).toMatchObject({ status: 200 });
    await supervisor.entry('applied', 'release c1 runs');
    expect(
      await ask(place, `POST /v2/applications/${name}/stop-service`, {
        body: { serviceName: name },
      }),
    ).toMatchObject({ status: 200 });
    expect(await ask(place, `POST /v1/apps/${name}/start`)).toMatchObject({ status: 200 });
    expect(
      await ask(place, `POST /v2/applications/${name}/restart`, { key: appKey(place, name) }),
    ).toMatchObject({ status: 200 });
  },
);

it('clients that are slow or leave in the middle cost nobody anything', async () => {
  const { place, supervisor } = await running();
  const before = await runs(place, '7');
  const restart = (length: number): string =>
    [
      'POST /v1/restart HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${deviceKey(place)}`,
      'Content-Type: application/json',
      `Content-Length: ${String(length)}`,
      '\r\n',
    ].join('\r\n');
  const sockets = Array.from({ length: 20 }, () => connect(join(place.dir, 'api.sock')));
  for (const socket of sockets) socket.on('error', () => undefined).write(`${restart(30)}{"appId"`);
  expect(await ask(place, 'GET /v1/healthy')).toMatchObject({ status: 200 });
  for (const socket of sockets) socket.destroy();
  // One that has asked and does not stay for the answer: it is done all the same, once.
  const rude = connect(join(place.dir, 'api.sock'));
  rude.on('error', () => undefined).write(`${restart(11)}{"appId":7}`);
  await supervisor.entry('take');
  rude.destroy();
  await supervisor.entry('release');
  expect((await runs(place, '7'))['one']).not.toBe(before['one']);
  expect(supervisor.entries.filter(({ kind }) => kind === 'operation')).toHaveLength(1);
});
