// Whose key opens what: every route against every kind of key.

import { describe, expect, it } from 'vitest';
import { TestApi } from '../../helpers/api.js';
import { blocker, DEVICE_KEY, keyOf } from '../../helpers/memory-supervisor.js';

const APP = keyOf('1');

// What the key of app 1 gets: its own things, the whole device's, those of app 2, the operator's.
const OWN: [string, unknown?][] = [
  ['POST /v1/restart', { appId: 1 }],
  ['POST /v1/purge', { appId: 1 }],
  ['POST /v2/applications/1/restart'],
  ['POST /v2/applications/1/purge'],
  ['POST /v2/applications/1/restart-service', { serviceName: 'main' }],
  ['POST /v2/applications/1/stop-service', { serviceName: 'main' }],
  ['POST /v2/applications/1/start-service', { serviceName: 'main' }],
  ['GET /locks'],
  ['GET /status'],
  ['GET /history'],
  ['GET /v2/state/status'],
  ['GET /v2/applications/state'],
  ['GET /v2/containerId'],
];
const SHARED: [string, unknown?][] = [
  ['POST /v1/update'],
  ['POST /v1/reboot'],
  ['POST /v1/shutdown'],
  ['GET /v1/device'],
  ['GET /v1/device/host-config'],
  ['PATCH /v1/device/host-config', { network: { hostname: 'h' } }],
  ['GET /v2/version'],
  ['GET /override'],
  ['GET /openapi.json'],
];
const OTHERS: [string, unknown?][] = [
  ['POST /v1/restart', { appId: 2 }],
  ['POST /v1/purge', { appId: '2' }],
  ['POST /v1/apps/2/stop'],
  ['POST /v1/apps/2/start'],
  ['POST /v2/applications/2/restart'],
  ['POST /v2/applications/2/purge'],
  ['POST /v2/applications/2/restart-service', { serviceName: 'only' }],
  ['POST /v2/applications/2/stop-service', { serviceName: 'only' }],
  ['POST /v2/applications/2/start-service', { imageId: 101 }],
  ['POST /v2/applications/no-such-app/restart'],
];
const OPERATOR: [string, unknown?][] = [
  ['GET /metrics'],
  ['PUT /override', { on: true }],
  ['GET /v2/local/target-state'],
  ['POST /v2/local/target-state', { local: { name: 'n' } }],
];
const REFUSED = {
  kind: 'unauthorized',
  value: 'Unauthorized',
  status: 'failed',
  message: 'Unauthorized',
};

describe("an app's key", () => {
  it('opens what is its own and what is the whole device’s', async () => {
    const api = await TestApi.start();
    for (const [ask, body] of [...OWN, ...SHARED])
      expect([ask, (await api.ask(ask, { key: APP, body })).status]).toEqual([
        ask,
        expect.toSatisfy((status: number) => status < 300),
      ]);
  });

  it("does not open another app's things, nor the operator's, and says no more than that", async () => {
    const api = await TestApi.start();
    for (const [ask, body] of [...OTHERS, ...OPERATOR]) {
      const answer = await api.ask(ask, { key: APP, body });
      expect([ask, answer.status]).toEqual([ask, 401]);
      expect(JSON.parse(answer.text)).toMatchObject(REFUSED);
    }
    expect(api.supervisor.calls).toEqual([]);
  });

  it('shows only that app in what it lists', async () => {
    const api = await TestApi.start();
    api.supervisor.blockers = [blocker('1', 'main'), blocker('2', 'only')];
    api.supervisor.log('notice', 'of one', '1');
    api.supervisor.log('notice', 'of two', '2');
    api.supervisor.log('notice', 'of the device');
    for (const path of ['/locks', '/status', '/history', '/v2/state/status', '/v2/containerId']) {
      const { text } = await api.ask(`GET ${path}`, { key: APP });
      expect(text).not.toMatch(/only|app-2|of two|of the device/);
      expect(text).toMatch(/main|of one/);
    }
  });

  it("does not learn who of another app's is in the way of a reboot", async () => {
    const api = await TestApi.start();
    api.supervisor.blockers = [blocker('1', 'main'), blocker('2', 'only')];
    const { text } = await api.ask('POST /v1/reboot', { key: APP });
    expect((JSON.parse(text) as { blockers: unknown[] }).blockers).toMatchObject([{ app: '1' }]);
  });
});

describe('without a key that is somebody’s', () => {
  const bad = [undefined, '', 'x', `${DEVICE_KEY}x`, DEVICE_KEY.slice(1), keyOf('3'), keyOf('')];
  it('every route but two says 401, and so does a path that is none', async () => {
    const api = await TestApi.start();
    const all = [...OWN, ...SHARED, ...OTHERS, ...OPERATOR, ['GET /no/such/path'], ['GET /events']];
    for (const [ask = '', body] of all as [string, unknown?][])
      for (const key of bad) {
        const answer = await api.ask(ask, { key, body });
        expect([ask, key, answer.status]).toEqual([ask, key, 401]);
        expect(JSON.parse(answer.text)).toMatchObject(REFUSED);
      }
    expect(api.supervisor.calls).toEqual([]);
  });
  it('/ping and /v1/healthy answer', async () => {
    const api = await TestApi.start();
    for (const key of bad)
      for (const path of ['/ping', '/v1/healthy'])
        expect((await api.ask(`GET ${path}`, { key })).status).toBe(200);
  });
});

describe('a key', () => {
  it('comes as Bearer, as ApiKey, or as ?apikey=', async () => {
    const api = await TestApi.start();
    for (const authorization of [`Bearer ${DEVICE_KEY}`, `bearer ${DEVICE_KEY}`, `ApiKey ${APP}`]) {
      const headers = { authorization };
      expect((await api.ask('GET /status', { key: undefined, headers })).status).toBe(200);
    }
    const inUrl = await api.ask(`GET /status?apikey=${DEVICE_KEY}`, { key: undefined });
    expect(inUrl.status).toBe(200);
    const basic = { authorization: `Basic ${DEVICE_KEY}` };
    expect((await api.ask('GET /status', { key: undefined, headers: basic })).status).toBe(401);
  });

  it('in the URL goes before one in a header, and two of them are none', async () => {
    const api = await TestApi.start();
    expect((await api.ask(`GET /status?apikey=wrong`)).status).toBe(401);
    const twice = `GET /status?apikey=${DEVICE_KEY}&apikey=${DEVICE_KEY}`;
    expect((await api.ask(twice, { key: undefined })).status).toBe(401);
  });

  it('is in no answer, no header and no warning', async () => {
    const api = await TestApi.start();
    const asks = [
      'GET /nope',
      'POST /v1/restart',
      'GET /v2/containerId',
      'GET /history',
      'PUT /ping',
    ];
    for (const ask of asks)
      for (const name of ['apikey', '%61pikey']) {
        api.supervisor.failure = new Error('a defect');
        const answer = await api.ask(`${ask}?${name}=${DEVICE_KEY}&service=x&most=y`, {
          body: ask.startsWith('POST') ? { appId: 1 } : undefined,
        });
        expect(JSON.stringify(answer)).not.toContain(DEVICE_KEY);
      }
    expect(api.warnings.length).toBeGreaterThan(0);
    expect(api.warnings.join()).not.toContain(DEVICE_KEY);
  });

  it('of an app that has none opens nothing', async () => {
    const api = await TestApi.start();
    api.supervisor.keys.ofApp = () => undefined;
    expect((await api.ask('GET /status', { key: APP })).status).toBe(401);
    expect((await api.ask('GET /status', { key: '' })).status).toBe(401);
  });

  it('names its owner in the journal', async () => {
    const api = await TestApi.start();
    await api.ask('POST /v1/update', { key: APP, body: { force: true } });
    expect(api.supervisor.calls[0]?.[2]).toEqual({
      who: 'api 127.0.0.1 (key of app 1)',
      force: true,
    });
  });
});
