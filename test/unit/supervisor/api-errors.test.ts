// What is said when it does not go well.

import { expect, describe, it } from 'vitest';
import { LockError, type LockErrorCode } from '../../../src/errors.js';
import { KINDS } from '../../../src/supervisor/api/kinds.js';
import { TestApi, type Answer, type Ask } from '../../helpers/api.js';
import { blocker, DEVICE_KEY, SINCE } from '../../helpers/memory-supervisor.js';

interface Said {
  kind: keyof typeof KINDS;
  value: string;
  id?: string;
}

function said({ text, headers }: Answer): Said {
  const body = JSON.parse(text) as Said;
  expect(headers['error-kind']).toBe(body.kind);
  return body;
}

const LOCKED = 'Lockfile exists for { appId: 1, service: main }';
const BLOCKERS = [
  {
    path: '/tmp/balena-supervisor/services/1/main/updates.lock',
    app: '1',
    service: 'main',
    verdict: 'held',
    by: 'kernel',
    protocol: 'lockbridge',
    holder: 'box pid 42 (backup)',
    reason: 'writing a dump',
    since: SINCE,
  },
];

describe('423 says who is in the way, and keeps the fields of balena', () => {
  const cases: [string, Ask['body']?][] = [
    ['POST /v1/restart', { appId: 1 }],
    ['POST /v1/purge', { appId: 1 }],
    ['POST /v2/applications/1/restart'],
    ['POST /v2/applications/1/purge'],
    ['POST /v2/applications/1/restart-service', { serviceName: 'main' }],
    ['POST /v2/applications/1/stop-service', { imageId: 101 }],
  ];
  for (const [ask, body] of cases)
    it(ask, async () => {
      const api = await TestApi.start();
      api.supervisor.blockers = [blocker('1', 'main')];
      const answer = await api.ask(ask, { body });
      expect(answer.status).toBe(423);
      expect(said(answer)).toEqual({
        kind: 'locked',
        value: LOCKED,
        status: 'failed',
        message: LOCKED,
        ...(ask.includes('/v1/') && { Data: '', Error: LOCKED }),
        blockers: BLOCKERS,
      });
      const forced = await api.ask(ask, { body: { ...(body as object), force: true } });
      expect(forced.status).toBe(200);
      expect(api.supervisor.calls).toHaveLength(1);
    });

  for (const ask of ['POST /v1/reboot', 'POST /v1/shutdown'])
    it(ask, async () => {
      const api = await TestApi.start();
      api.supervisor.blockers = [blocker('1', 'main')];
      const answer = await api.ask(ask);
      expect([answer.status, said(answer)]).toMatchObject([
        423,
        { Data: '', Error: expect.stringContaining('Lockfile exists'), blockers: BLOCKERS },
      ]);
    });

  it('PATCH /v1/device/host-config, in text', async () => {
    const api = await TestApi.start();
    api.supervisor.blockers = [blocker('1', 'main')];
    const answer = await api.ask('PATCH /v1/device/host-config', {
      body: { network: { hostname: 'h' } },
    });
    expect(answer).toMatchObject({
      status: 423,
      text: 'Lockfile exists for { appId: all, service: main }',
      headers: { 'error-kind': 'locked', 'content-type': 'text/plain; charset=utf-8' },
    });
  });

  it('start needs no lock', async () => {
    const api = await TestApi.start();
    api.supervisor.blockers = [blocker('2', 'only')];
    expect((await api.ask('POST /v1/apps/2/start')).status).toBe(200);
    expect((await api.ask('POST /v1/apps/2/stop')).status).toBe(423);
  });
});

describe('what the supervisor refuses has a status by its code', () => {
  const STATUS: Partial<Record<LockErrorCode, number>> = {
    ERR_UPDATES_LOCKED: 423,
    ERR_LOCK_HELD: 423,
    ERR_LOCK_TIMEOUT: 423,
    ERR_NOT_FOUND: 404,
    ERR_TARGET: 400,
    ERR_INVALID_ARGUMENT: 400,
    ERR_NOT_CONFIGURED: 501,
    ERR_UNAUTHORIZED: 401,
    ERR_SERVICE: 503,
    ERR_LOCK_SYSTEM: 503,
    ERR_LOCK_ABORTED: 503,
  };
  for (const [code, status] of Object.entries(STATUS) as [LockErrorCode, number][])
    it(`${code} is ${String(status)}`, async () => {
      const api = await TestApi.start();
      api.supervisor.failure = new LockError(code, 'what, where, why');
      const answer = await api.ask('POST /v2/applications/1/restart');
      expect([answer.status, said(answer).value]).toEqual([status, 'what, where, why']);
      expect(KINDS[said(answer).kind]).toBe(status);
      expect(api.warnings).toEqual([]);
    });

  it('several lines are told in one', async () => {
    const api = await TestApi.start();
    api.supervisor.failure = new LockError('ERR_TARGET', 'one\ntwo');
    const answer = await api.ask('POST /v2/local/target-state', { body: { local: { name: 'n' } } });
    expect([answer.status, said(answer).value]).toEqual([400, 'one; two']);
  });

  it('a reboot that fails is 500, one that nothing is configured for 501', async () => {
    const api = await TestApi.start();
    api.supervisor.failure = new LockError('ERR_COMMAND', 'it cannot be executed');
    const failed = await api.ask('POST /v1/reboot');
    expect([failed.status, said(failed)]).toMatchObject([
      500,
      { kind: 'unavailable', Data: '', Error: 'it cannot be executed' },
    ]);
    api.supervisor.failure = new LockError('ERR_NOT_CONFIGURED', 'no command');
    expect((await api.ask('POST /v1/reboot')).status).toBe(501);
  });

  it('a defect is told by an id, and its text only to the log', async () => {
    const api = await TestApi.start();
    api.supervisor.failure = Object.assign(new TypeError('secret details'), { statusCode: 400 });
    const answer = await api.ask('POST /v1/restart', { body: { appId: 1 } });
    expect(answer.status).toBe(503);
    expect(answer.text).not.toMatch(/secret|at .*\.ts/);
    const { kind, id = '' } = said(answer);
    expect(kind).toBe('internal');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(api.warnings).toHaveLength(1);
    expect(api.warnings[0]).toMatch(`POST /v1/restart failed (id ${id}): TypeError: secret`);
  });
});

describe('a request that cannot be', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const json = { 'content-type': 'application/json' };
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
  const cases: [what: string, ask: string, options: Ask, status: number, kind: string][] = [
    [
      'JSON that is none',
      'POST /v1/update',
      { body: '{"force":', headers: json },
      400,
      'malformed',
    ],
    [
      'JSON in a form that is none',
      'POST /v1/update',
      { body: '{x', headers: form },
      400,
      'malformed',
    ],
    ['a list for a body', 'POST /v1/update', { body: '[1]', headers: json }, 400, 'invalid'],
    ['deep JSON', 'POST /v1/update', { body: deep, headers: json }, 400, 'invalid'],
    [
      '__proto__',
      'POST /v1/update',
      { body: '{"__proto__":{"force":true}}', headers: json },
      400,
      'malformed',
    ],
    [
      'constructor.prototype',
      'POST /v1/update',
      { body: '{"constructor":{"prototype":{}}}', headers: json },
      400,
      'malformed',
    ],
    [
      'another content type',
      'POST /v1/update',
      { body: 'a', headers: { 'content-type': 'text/xml' } },
      415,
      'unsupported-media-type',
    ],
    [
      'a content type that is none',
      'POST /v1/update',
      { body: 'a', headers: { 'content-type': ';;' } },
      415,
      'unsupported-media-type',
    ],
    [
      'more than 64 KiB',
      'POST /v1/update',
      { body: 'a'.repeat(65_537), headers: form },
      413,
      'too-large',
    ],
    ['no such path', 'GET /v3/nothing', {}, 404, 'not-found'],
    ['a path below one', 'GET /ping/x', {}, 404, 'not-found'],
    ['another method', 'GET /v1/update', {}, 405, 'method-not-allowed'],
    ['HEAD', 'HEAD /nothing', {}, 404, ''],
    ['a URL that is none', 'GET /v2/applications/%zz/state', {}, 400, 'malformed'],
    [
      'a part of the path that is too long',
      `POST /v2/applications/${'a'.repeat(300)}/restart`,
      {},
      414,
      'uri-too-long',
    ],
    ['a path that leads out', 'POST /v2/applications/..%2f..%2fetc/restart', {}, 400, 'invalid'],
    ['a NUL in a name', 'POST /v2/applications/a%00b/restart', {}, 400, 'invalid'],
    ['no such app', 'POST /v2/applications/7/restart', {}, 404, 'not-found'],
    [
      'no such service',
      'POST /v2/applications/1/stop-service',
      { body: { serviceName: 'x' } },
      404,
      'not-found',
    ],
    ['no service named', 'POST /v2/applications/1/stop-service', {}, 400, 'invalid'],
    [
      'a service by path',
      'POST /v2/applications/1/stop-service',
      { body: { serviceName: '../x' } },
      400,
      'invalid',
    ],
    ['v1 of an app with two services', 'POST /v1/apps/1/stop', {}, 400, 'invalid'],
    ['v1 of no app', 'POST /v1/apps/7/stop', {}, 404, 'not-found'],
    ['no such container', 'GET /v2/containerId?service=x', {}, 404, 'not-found'],
    [
      'a host name that is none',
      'PATCH /v1/device/host-config',
      { body: { network: { hostname: 'a b' } } },
      400,
      'invalid',
    ],
    [
      'a proxy',
      'PATCH /v1/device/host-config',
      { body: { network: { proxy: {} } } },
      400,
      'invalid',
    ],
    [
      'a target that is none',
      'POST /v2/local/target-state',
      { body: { local: 1 } },
      400,
      'invalid',
    ],
    ['a Host of a stranger', 'GET /ping', { headers: { host: 'evil.example' } }, 421, 'wrong-host'],
    [
      'another expectation',
      'GET /ping',
      { headers: { expect: 'a miracle' } },
      417,
      'expectation-failed',
    ],
  ];
  for (const [what, ask, options, status, kind] of cases)
    it(`${what} is ${String(status)} ${kind}`, async () => {
      const api = await TestApi.start();
      const answer = await api.ask(ask, options);
      expect(answer.status).toBe(status);
      if (kind !== '') expect(said(answer).kind).toBe(kind);
      expect(api.supervisor.calls).toEqual([]);
      expect(api.warnings).toEqual([]);
    });

  it('405 names the methods that there are', async () => {
    const api = await TestApi.start();
    const { headers } = await api.ask('DELETE /v1/device/host-config');
    expect(headers['allow']).toBe('GET, PATCH');
  });

  for (const host of [
    'localhost:1',
    '127.0.0.1',
    '[::1]:48484',
    '10.1.2.3:80',
    'lockbridge',
    'a.localhost',
  ])
    it(`may name ${host} as the host`, async () => {
      const api = await TestApi.start();
      expect((await api.ask('GET /ping', { headers: { host } })).status).toBe(200);
    });
});

describe('bytes that are no request', () => {
  const cases: [what: string, bytes: string, status: number, kind: string][] = [
    ['no HTTP', 'hello\r\n\r\n', 400, 'malformed'],
    [
      'headers without end',
      `GET /ping HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    [
      'two lengths of one body',
      'POST /v1/update HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'malformed',
    ],
    ['no Host', 'GET /ping HTTP/1.1\r\n\r\n', 400, 'malformed'],
    ['two Hosts', 'GET /ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'malformed'],
  ];
  const answerTo = async (api: TestApi, bytes: string): Promise<string> => {
    const socket = await api.raw();
    let text = '';
    socket.setEncoding('utf8').on('data', (data: string) => (text += data));
    socket.end(bytes);
    await new Promise((resolve) => socket.once('close', resolve));
    return text;
  };
  for (const [what, bytes, status, kind] of cases)
    it(`${what} is ${String(status)} ${kind}`, async () => {
      const text = await answerTo(await TestApi.start(), bytes);
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
      expect(text).toContain(`"kind":"${kind}"`);
    });

  it('behind a request that is being answered cut the connection, and are not answered in its place', async () => {
    const api = await TestApi.start();
    let finish: () => void = () => undefined;
    const begun = new Promise<void>((begin) => {
      api.supervisor.reboot = () =>
        new Promise((resolve) => {
          finish = resolve;
          begin();
        });
    });
    const socket = await api.raw();
    const key = `Authorization: Bearer ${DEVICE_KEY}`;
    const length = 'Content-Length: 0';
    socket
      .resume()
      .write(['POST /v1/reboot HTTP/1.1', 'Host: a', key, length, '', ''].join('\r\n'));
    await begun;
    socket.write('no request\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.bytesRead).toBe(0);
    finish();
    expect((await api.ask('GET /ping')).status).toBe(200);
    expect(api.warnings).toEqual([]);
  });

  it('a sender that is too slow is told so', async () => {
    const api = await TestApi.start({ limits: { request: 100 } });
    for (const start of [
      'GET /pi',
      'POST /v1/update HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n',
    ]) {
      const socket = await api.raw();
      let text = '';
      socket.setEncoding('utf8').on('data', (data: string) => (text += data));
      socket.write(start);
      await new Promise((resolve) => socket.once('close', resolve));
      expect(text).toMatch(start.startsWith('GET') ? /^HTTP\/1.1 408 / : /^HTTP\/1.1 4\d\d /);
    }
  });
});
