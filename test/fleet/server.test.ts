// The protocol as clients see it, from a server in this process over a state file: answers, kinds of
// errors, and what a hostile or careless client can do.

import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { failure } from '../../src/fleet/protocol.js';
import { KINDS } from '../../src/fleet/server/kinds.js';
import { startFleetServer } from '../../src/fleet/server/start.js';
import type { FleetServerOptions } from '../../src/fleet/server/types.js';
import { fileStore } from '../../src/fleet/store/file.js';
import { storeError, type Store } from '../../src/fleet/store/types.js';
import { scratch, until } from '../helpers/scratch.js';

const HERE = { host: '127.0.0.1', port: 0 };

async function served(more: Partial<FleetServerOptions> = {}): Promise<{
  url: string;
  status: string;
  warnings: string[];
}> {
  const warnings: string[] = [];
  const server = await startFleetServer({
    store: fileStore(join(scratch(), 'fleet.json')),
    groups: [{ name: 'default', slots: 2 }],
    listen: HERE,
    status: HERE,
    onWarning: (text) => warnings.push(text),
    ...more,
  });
  onTestFinished(async () => server.close());
  return { url: server.address, status: server.statusAddress ?? '', warnings };
}

interface Said {
  status: number;
  headers: Headers;
  body: { kind?: string; value?: string; grant?: string; slot?: number; given_back?: boolean };
}

async function post(
  url: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = { 'fleet-lock-protocol': 'true' },
  method = 'POST',
): Promise<Said> {
  const response = await fetch(url + path, {
    method,
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: JSON.parse(text) as Said['body'],
  };
}

const take = async (url: string, id: string, group = 'default'): Promise<Said> =>
  post(url, '/v1/pre-reboot', { client_params: { id, group } });
const giveBack = async (url: string, id: string, group = 'default'): Promise<Said> =>
  post(url, '/v1/steady-state', { client_params: { id, group } });

it('a slot is taken, again is no second one, and is given back; again is no error', async () => {
  const { url } = await served();
  const first = await take(url, 'a');
  expect(first).toMatchObject({ status: 200, body: { slot: 0 } });
  expect((await take(url, 'a')).body).toEqual(first.body);
  expect((await take(url, 'b')).status).toBe(200);
  const refused = await take(url, 'c');
  expect(refused.status).toBe(423);
  expect(refused.body.kind).toBe('failed_lock_semaphore_full');
  expect(refused.body.value).toMatch(
    /^2 of 2 slots of group "default" are taken, by a since 20\S+Z, b since 20\S+Z$/,
  );
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(await giveBack(url, 'a')).toMatchObject({ status: 200, body: { given_back: true } });
  expect(await giveBack(url, 'a')).toMatchObject({ status: 200, body: { given_back: false } });
  expect(await take(url, 'c')).toMatchObject({ status: 200, body: { slot: 0 } });
});

it('only the holder gives its slot back', async () => {
  const { url } = await served({ groups: [{ name: 'default', slots: 1 }] });
  await take(url, 'a');
  expect(await giveBack(url, 'b')).toMatchObject({ status: 200, body: { given_back: false } });
  expect((await take(url, 'b')).status).toBe(423);
});

it('ids are compared as they are, case and all', async () => {
  const { url } = await served();
  expect((await take(url, 'Ab')).status).toBe(200);
  expect((await take(url, 'aB')).status).toBe(200);
  expect((await take(url, 'AB')).status).toBe(423);
  expect((await take(url, '__proto__')).status).toBe(423);
});

it('a body is read whatever its type is said to be', async () => {
  const { url } = await served();
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
    const said = await post(
      url,
      '/v1/pre-reboot',
      { client_params: { id: 'a', group: 'default' }, more: 'of a later version' },
      { 'fleet-lock-protocol': 'true', 'content-type': type },
    );
    expect(said.status).toBe(200);
  }
});

const params = { id: 'a', group: 'default' };
const HEADER = { 'fleet-lock-protocol': 'true' };
const REFUSED: readonly [
  what: string,
  kind: keyof typeof KINDS,
  path: string,
  body: unknown,
  headers?: Record<string, string>,
  method?: string,
][] = [
  ['no header', 'no_protocol_header', '/v1/pre-reboot', { client_params: params }, {}],
  [
    'another header',
    'no_protocol_header',
    '/v1/steady-state',
    { client_params: params },
    { 'fleet-lock-protocol': 'false' },
  ],
  [
    'an unknown group',
    'unknown_group',
    '/v1/pre-reboot',
    { client_params: { ...params, group: 'x' } },
  ],
  [
    'a group named like a property',
    'unknown_group',
    '/v1/pre-reboot',
    { client_params: { ...params, group: 'constructor' } },
  ],
  [
    'a group with a slash',
    'invalid',
    '/v1/pre-reboot',
    { client_params: { ...params, group: 'a/b' } },
  ],
  [
    'a group with a newline',
    'invalid',
    '/v1/pre-reboot',
    { client_params: { ...params, group: 'a\n' } },
  ],
  ['an empty id', 'invalid', '/v1/steady-state', { client_params: { ...params, id: '' } }],
  ['a long id', 'invalid', '/v1/pre-reboot', { client_params: { ...params, id: 'x'.repeat(257) } }],
  [
    'an id that takes much room',
    'invalid',
    '/v1/pre-reboot',
    { client_params: { ...params, id: '\u0000'.repeat(200) } },
  ],
  ['an id that is no text', 'invalid', '/v1/pre-reboot', { client_params: { ...params, id: 7 } }],
  ['no params', 'invalid', '/v1/pre-reboot', {}],
  ['a list', 'invalid', '/v1/pre-reboot', []],
  ['no JSON', 'malformed', '/v1/pre-reboot', '{"client_params":'],
  ['an empty body', 'malformed', '/v1/pre-reboot', ''],
  ['a prototype', 'malformed', '/v1/pre-reboot', '{"__proto__": {"client_params": 1}}'],
  ['a large body', 'too_large', '/v1/pre-reboot', `{"x": "${'x'.repeat(20_000)}"}`],
  ['another path', 'not_found', '/v1/', { client_params: params }],
  ['GET', 'method_not_allowed', '/v1/pre-reboot', undefined, HEADER, 'GET'],
  ['a broken escape', 'malformed', '/v1/%zz', { client_params: params }],
];

it.each(REFUSED)('%s is refused as %s', async (_what, kind, path, body, headers, method) => {
  const { url, status, warnings } = await served();
  const said = await post(url, path, body, headers ?? HEADER, method);
  expect(said.body).toMatchObject({ kind });
  expect(said.status).toBe(KINDS[kind]);
  expect(failure.safeParse(said.body).success).toBe(true);
  expect(said.body.value).not.toMatch(/\n|at .*:\d+:\d+/);
  expect(warnings).toEqual([]);
  expect(await (await fetch(`${status}/metrics`)).text()).not.toMatch(/result="internal"/);
});

/** What a server answers to these bytes until it closes the connection. */
async function raw(url: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (data) => (text += String(data)));
  socket.on('error', () => undefined);
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

it('bytes that are no HTTP, headers without end and slow senders get their answer', async () => {
  const { url } = await served({ limits: { request: 300 } });
  expect(await raw(url, 'hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*"kind":"malformed"/s);
  const long = `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`;
  expect(await raw(url, long)).toMatch(/^HTTP\/1.1 431 .*"kind":"headers_too_large"/s);
  const slow = 'POST /v1/pre-reboot HTTP/1.1\r\nHost: x\r\ncontent-length: 10\r\n\r\n{';
  expect(await raw(url, slow)).toMatch(/408.*"kind":"timeout"/s);
  expect((await take(url, 'a')).status).toBe(200);
});

it('the answer to what is no HTTP arrives although more of that is on its way', async () => {
  const { url } = await served();
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let text = '';
  const more = (): void => {
    if (text !== '' || socket.destroyed) return;
    socket.write('hello hello hello\r\n\r\n'.repeat(2000));
    setImmediate(more);
  };
  socket.on('error', () => undefined);
  socket.on('data', (data) => (text += String(data)));
  socket.on('connect', more);
  await closed;
  expect(text).toMatch(/^HTTP\/1.1 400 .*"kind":"malformed"/s);
});

const posted = (body: string | Buffer, headers = ''): Buffer => {
  const head = `POST /v1/pre-reboot HTTP/1.1\r\nHost: x\r\nfleet-lock-protocol: true\r\n${headers}`;
  const length = `content-length: ${String(Buffer.byteLength(body))}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head + length), Buffer.from(body)]);
};

const bodyFor = (id: string): string => JSON.stringify({ client_params: { id, group: 'default' } });

it('ids of other bytes are not made one: what is no UTF-8 is refused', async () => {
  const { url } = await served();
  for (const id of ['Ger\u00e4t', 'Ger\u00f6t']) {
    const body = Buffer.from(bodyFor(id), 'latin1');
    expect(await raw(url, posted(body, 'connection: close\r\n'))).toMatch(
      /^HTTP\/1.1 400 .*"kind":"malformed","value":"the body is not UTF-8"/s,
    );
  }
  expect((await take(url, 'Ger\u00e4t')).body).toMatchObject({ slot: 0 });
});

it('a client that would rather speak HTTP/2 is answered in HTTP/1.1', async () => {
  const { url } = await served();
  const headers = 'connection: upgrade, http2-settings, close\r\nupgrade: h2c\r\n';
  expect(await raw(url, posted(bodyFor('a'), headers))).toMatch(/^HTTP\/1.1 200 .*"slot":0/s);
});

it('who has gone waits no more, of many requests on one connection as well', async () => {
  const { url, status } = await served({ groups: [{ name: 'default', slots: 1 }] });
  await take(url, 'a');
  const waiting = async (): Promise<number> => {
    const text = await (await fetch(`${status}/metrics`)).text();
    return Number(/_waiting\{group="default",how="in a request"\} (\d+)/.exec(text)?.[1]);
  };
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  for (const id of ['b', 'c', 'd']) socket.write(posted(bodyFor(id), 'prefer: wait=60\r\n'));
  await until(async () => (await waiting()) === 3);
  socket.destroy();
  await until(async () => (await waiting()) === 0);
});

it('connections beyond the limit are closed, and an address that asks too often is told so', async () => {
  const { url } = await served({ limits: { rate: 1 } });
  const answers = [];
  for (let at = 0; at < 12; at++) answers.push(await take(url, 'a'));
  const [last] = answers.slice(-1);
  expect(last).toMatchObject({ status: 429, body: { kind: 'too_many_requests' } });
  expect(Number(last?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  const few = await served({ limits: { connections: 1 } });
  const { hostname, port } = new URL(few.url);
  const first = connect(Number(port), hostname);
  await new Promise((resolve) => first.once('connect', resolve));
  const second = connect(Number(port), hostname);
  second.on('error', () => undefined);
  await new Promise((resolve) => second.once('close', resolve));
  first.destroy();
});

it('Prefer: wait holds the request until a slot is free', async () => {
  const { url } = await served({ groups: [{ name: 'default', slots: 1 }] });
  await take(url, 'a');
  const waits = post(
    url,
    '/v1/pre-reboot',
    { client_params: { id: 'b', group: 'default' } },
    {
      ...HEADER,
      prefer: 'respond-async, wait=30',
    },
  );
  expect((await take(url, 'c')).status).toBe(423);
  await giveBack(url, 'a');
  const said = await waits;
  expect(said.status).toBe(200);
  expect(said.headers.get('preference-applied')).toBe('wait=30');
});

it('a store that fails is 503 with Retry-After, tells devices nothing of it, and one line in the log', async () => {
  let down = true;
  const works = fileStore(join(scratch(), 'fleet.json'));
  const store: Store = {
    ...works,
    swap: async (...args) => {
      if (down) throw storeError('etcd does not answer (http://10.1.2.3:2379)');
      return works.swap(...args);
    },
  };
  const { url, warnings, status } = await served({ store });
  for (let time = 0; time < 3; time++) {
    const said = await take(url, 'a');
    expect(said).toMatchObject({ status: 503, body: { kind: 'store_unavailable' } });
    expect(said.body.value).not.toContain('10.1.2.3');
    expect(Number(said.headers.get('retry-after'))).toBeGreaterThanOrEqual(2);
  }
  expect(warnings).toEqual(['etcd does not answer (http://10.1.2.3:2379)']);
  down = false;
  expect((await take(url, 'a')).status).toBe(200);
  expect(warnings.slice(1)).toEqual(['the store answers again']);
  expect(await (await fetch(`${status}/metrics`)).text()).toMatch(
    /lockbridge_fleet_store_failures_total 3\n/,
  );
});

it('a defect is 500 with an id that is in the log, and no stack goes out', async () => {
  const works = fileStore(join(scratch(), 'fleet.json'));
  const store: Store = {
    ...works,
    swap: async () => Promise.reject(new TypeError('x is undefined')),
  };
  const { url, warnings } = await served({ store });
  for (const said of [await giveBack(url, 'a'), await take(url, 'a')]) {
    expect(said).toMatchObject({ status: 500, body: { kind: 'internal' } });
    expect(said.body.value).not.toContain('undefined');
    const id = /id ([0-9a-f-]{36})/.exec(said.body.value ?? '')?.[1] ?? 'none';
    expect(warnings.join('\n')).toContain(id);
  }
});

it('metrics tell of slots, holders, ages and answers; health of the store', async () => {
  const groups = [
    { name: 'default', slots: 1 },
    { name: 'other', slots: 5 },
  ];
  const { url, status } = await served({ groups });
  await take(url, 'a');
  await take(url, 'b');
  await giveBack(url, 'x');
  const text = await (await fetch(`${status}/metrics`)).text();
  for (const line of [
    'lockbridge_fleet_slots{group="default"} 1',
    'lockbridge_fleet_slots{group="other"} 5',
    'lockbridge_fleet_slots_taken{group="default"} 1',
    'lockbridge_fleet_slots_taken{group="other"} 0',
    'lockbridge_fleet_waiting{group="default",how="told to come again"} 1',
    'lockbridge_fleet_store_up 1',
    'lockbridge_fleet_requests_total{operation="pre-reboot",result="ok"} 1',
    'lockbridge_fleet_requests_total{operation="pre-reboot",result="failed_lock_semaphore_full"} 1',
    'lockbridge_fleet_requests_total{operation="steady-state",result="ok"} 1',
    'lockbridge_fleet_slot_changes_total{group="default",change="granted"} 1',
  ])
    expect(text).toContain(`${line}\n`);
  expect(text).toMatch(/lockbridge_fleet_oldest_slot_seconds\{group="default"\} \d/);
  expect(await (await fetch(`${status}/health`)).json()).toEqual({ store: 'up' });
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
});
