// Each request that clients of a balena-style supervisor send, with the answer they expect, byte for
// byte; and the requests that are ours.

import { describe, expect, it } from 'vitest';
import { TestApi, type Ask } from '../../helpers/api.js';
import { blocker, DEVICE_KEY, MemorySupervisor, SINCE } from '../../helpers/memory-supervisor.js';

const WHO = 'api 127.0.0.1 (device key)';

interface Case {
  ask: string;
  with?: Ask['body'];
  status: number;
  /** The whole body. */
  text: string;
  /** What the supervisor was asked for. */
  call?: [operation: string, about?: unknown, more?: object];
}

const POSTED = {
  local: { name: 'n', config: { SUPERVISOR_OVERRIDE_LOCK: 'true' }, apps: { '1': { name: 'a' } } },
};

const KNOWN: Case[] = [
  { ask: 'GET /ping', status: 200, text: 'OK' },
  { ask: 'GET /v1/healthy', status: 200, text: 'OK' },
  { ask: 'POST /v1/update', status: 204, text: '', call: ['update'] },
  {
    ask: 'POST /v1/update',
    with: { force: true, cancel: true },
    status: 204,
    text: '',
    call: ['update', undefined, { force: true, cancel: true }],
  },
  { ask: 'POST /v1/reboot', status: 202, text: '{"Data":"OK","Error":null}', call: ['reboot'] },
  {
    ask: 'POST /v1/shutdown',
    with: { force: 1 },
    status: 202,
    text: '{"Data":"OK","Error":null}',
    call: ['shutdown', undefined, { force: true }],
  },
  {
    ask: 'POST /v1/purge',
    with: { appId: 1 },
    status: 200,
    text: '{"Data":"OK","Error":""}',
    call: ['purge', '1'],
  },
  { ask: 'POST /v1/purge', status: 400, text: 'Invalid or missing appId' },
  { ask: 'POST /v1/purge', with: { appId: {} }, status: 400, text: 'Invalid or missing appId' },
  {
    ask: 'POST /v1/restart',
    with: { appId: '1' },
    status: 200,
    text: 'OK',
    call: ['restart', '1'],
  },
  { ask: 'POST /v1/restart', status: 400, text: 'Missing app id' },
  {
    ask: 'POST /v1/apps/2/stop',
    status: 200,
    text: '{"containerId":"2-only-run"}',
    call: ['stopService', '2'],
  },
  {
    ask: 'POST /v1/apps/2/start',
    status: 200,
    text: '{"containerId":"2-only-run"}',
    call: ['startService', '2'],
  },
  { ask: 'GET /v1/device/host-config', status: 200, text: '{"network":{"hostname":"box"}}' },
  {
    ask: 'PATCH /v1/device/host-config',
    with: { network: { hostname: 'shelf-3' } },
    status: 200,
    text: 'OK',
    call: ['setHostname'],
  },
  { ask: 'PATCH /v1/device/host-config', with: {}, status: 200, text: 'OK' },
  {
    ask: 'POST /v2/applications/1/restart',
    with: { force: 'on' },
    status: 200,
    text: 'OK',
    call: ['restart', '1', { force: true }],
  },
  { ask: 'POST /v2/applications/1/purge', status: 200, text: 'OK', call: ['purge', '1'] },
  {
    ask: 'POST /v2/applications/1/restart-service',
    with: { serviceName: 'side' },
    status: 200,
    text: 'OK',
    call: ['restartService', '1'],
  },
  {
    ask: 'POST /v2/applications/1/stop-service',
    with: { imageId: 102 },
    status: 200,
    text: 'OK',
    call: ['stopService', '1'],
  },
  {
    ask: 'POST /v2/applications/1/start-service',
    with: { imageId: '101' },
    status: 200,
    text: 'OK',
    call: ['startService', '1'],
  },
  {
    ask: 'POST /v2/local/target-state',
    with: POSTED,
    status: 200,
    text: '{"status":"success","message":"OK"}',
    call: ['setTarget', { name: 'n', config: {}, apps: [] }],
  },
  {
    ask: 'GET /v2/local/target-state',
    status: 200,
    text: '{"status":"success","state":{"local":{"name":"device"}}}',
  },
  { ask: 'GET /v2/version', status: 200, text: '{"status":"success","version":"0.1.0"}' },
  {
    ask: 'GET /v2/containerId?service=side',
    status: 200,
    text: '{"status":"success","containerId":"1-side-run"}',
  },
  {
    ask: 'GET /v2/containerId',
    status: 200,
    text: '{"status":"success","services":{"main":"1-main-run","side":"1-side-run","only":"2-only-run"}}',
  },
];

describe('a client of balena gets the answer that it knows', () => {
  for (const one of KNOWN)
    it(`${one.ask} ${one.with === undefined ? '' : JSON.stringify(one.with)}`, async () => {
      const api = await TestApi.start();
      const answer = await api.ask(one.ask, { body: one.with });
      expect({ status: answer.status, text: answer.text }).toEqual({
        status: one.status,
        text: one.text,
      });
      const [operation, about, more] = one.call ?? [];
      const calls = one.call === undefined ? [] : [[operation, about, { who: WHO, ...more }]];
      expect(api.supervisor.calls.map(([o, a, asked]) => [o, about && a, asked])).toEqual(calls);
    });
});

it('a health check may ask with HEAD', async () => {
  const api = await TestApi.start();
  expect(await api.ask('HEAD /ping', { key: undefined })).toMatchObject({ status: 200, text: '' });
  expect((await api.ask('HEAD /v1/healthy', { key: undefined })).status).toBe(200);
  expect((await api.ask('HEAD /events')).status).toBe(405);
});

it('/v1/healthy says 500 Unhealthy', async () => {
  const api = await TestApi.start();
  api.supervisor.well = false;
  expect(await api.ask('GET /v1/healthy')).toMatchObject({ status: 500, text: 'Unhealthy' });
});

it('/v1/device has the fields of balena, and counts a wait as a failure so far', async () => {
  const api = await TestApi.start();
  api.supervisor.apps = api.supervisor.apps.slice(0, 1);
  const device = async (): Promise<unknown> => JSON.parse((await api.ask('GET /v1/device')).text);
  expect(await device()).toEqual({
    api_port: api.port,
    ip_address: expect.any(String),
    commit: 'release-1',
    status: 'Idle',
    download_progress: null,
    os_version: expect.stringMatching(/./),
    supervisor_version: '0.1.0',
    update_pending: false,
    update_downloaded: false,
    update_failed: false,
  });
  api.supervisor.move('1', { state: 'waiting', since: SINCE, release: 'next' });
  expect(await device()).toMatchObject({
    update_pending: true,
    update_downloaded: true,
    update_failed: true,
  });
  api.supervisor.move('1', { state: 'fetching', since: SINCE, release: 'next' });
  expect(await device()).toMatchObject({ status: 'Downloading', update_failed: false });
});

it('/v2/state/status lists containers and images, and says when all is applied', async () => {
  const api = await TestApi.start();
  api.supervisor.apps = api.supervisor.apps.slice(1);
  const state = async (): Promise<unknown> =>
    JSON.parse((await api.ask('GET /v2/state/status')).text);
  expect(await state()).toEqual({
    status: 'success',
    appState: 'applied',
    overallDownloadProgress: null,
    containers: [
      {
        status: 'Running',
        serviceName: 'only',
        appId: 2,
        imageId: 101,
        serviceId: 1,
        containerId: '2-only-run',
        createdAt: SINCE,
      },
    ],
    images: [
      {
        name: 'registry/only',
        appId: 2,
        serviceName: 'only',
        imageId: 101,
        dockerImageId: null,
        status: 'Downloaded',
        downloadProgress: null,
      },
    ],
    release: 'release-2',
  });
  const [app] = api.supervisor.apps;
  const services = app?.services.map((one) => ({
    ...one,
    status: 'Downloading' as const,
    downloadProgress: 40,
  }));
  if (app && services) api.supervisor.apps = [{ ...app, services }];
  api.supervisor.move('2', { state: 'fetching', since: SINCE });
  expect(await state()).toMatchObject({
    appState: 'applying',
    overallDownloadProgress: 40,
    containers: [{ status: 'Running' }],
    images: [{ status: 'Downloading', downloadProgress: 40 }],
  });
});

it('/v2/applications/state lists services by app', async () => {
  const api = await TestApi.start();
  expect(JSON.parse((await api.ask('GET /v2/applications/state')).text)).toMatchObject({
    'app-2': { appId: 2, commit: 'release-2', services: { only: { status: 'Running' } } },
  });
});

describe('a flag', () => {
  const forceOf = async (body: unknown, type?: string): Promise<boolean> => {
    const api = await TestApi.start();
    const headers = type === undefined ? {} : { 'content-type': type };
    const { status } = await api.ask('POST /v1/update', { body, headers });
    expect(status).toBe(204);
    return api.supervisor.calls[0]?.[2].force === true;
  };

  for (const on of [true, 1, '1', 'true', 'TRUE', 'on', 'On'])
    it(`is set by ${JSON.stringify(on)}`, async () => {
      expect(await forceOf({ force: on })).toBe(true);
    });
  for (const off of [false, 0, 2, null, '', '0', 'false', 'off', 'yes'])
    it(`is not set by ${JSON.stringify(off)}`, async () => {
      expect(await forceOf({ force: off })).toBe(false);
    });
  for (const wrong of [{}, [], [true], 'x'.repeat(17)])
    it(`is refused as ${JSON.stringify(wrong)}`, async () => {
      const api = await TestApi.start();
      const { status } = await api.ask('POST /v1/update', { body: { force: wrong } });
      expect([status, api.supervisor.calls]).toEqual([400, []]);
    });

  it('comes in a form as well', async () => {
    expect(await forceOf('force=true', 'application/x-www-form-urlencoded')).toBe(true);
    expect(await forceOf('force=1&x=y', 'application/x-www-form-urlencoded; charset=utf-8')).toBe(
      true,
    );
  });
  it('comes in JSON that calls itself a form, as `curl -d` sends it', async () => {
    expect(await forceOf('{"force":true}', 'application/x-www-form-urlencoded')).toBe(true);
  });
  it('comes without a content type', async () => {
    expect(await forceOf('{"force":true}')).toBe(true);
    expect(await forceOf('force=on')).toBe(true);
  });
  it('is not set by an empty body, whatever that says it is', async () => {
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded'])
      expect(await forceOf('', type)).toBe(false);
  });
});

describe('ours', () => {
  it('/locks has each lock with its holder', async () => {
    const api = await TestApi.start();
    api.supervisor.blockers = [blocker('1', 'main'), blocker('2', 'only')];
    const { locks } = JSON.parse((await api.ask('GET /locks')).text) as { locks: unknown[] };
    expect(locks).toHaveLength(2);
    expect(locks[0]).toMatchObject({
      service: { app: '1', service: 'main' },
      verdict: 'held',
      holders: [{ pid: 42, source: 'flock' }],
    });
  });

  it('/status is the status', async () => {
    const api = await TestApi.start();
    expect(JSON.parse((await api.ask('GET /status')).text)).toEqual(api.supervisor.status());
  });

  it('/override is set and told', async () => {
    const api = await TestApi.start();
    expect((await api.ask('GET /override')).text).toBe('{"on":false,"from":"default"}');
    expect((await api.ask('PUT /override', { body: { on: true } })).text).toBe(
      '{"on":true,"from":"api"}',
    );
    expect(api.supervisor.calls).toEqual([['setOverride', true, { who: WHO }]]);
  });

  it('/override is not set by an answer that is neither yes nor no', async () => {
    const api = await TestApi.start();
    for (const body of [undefined, {}, { on: 'perhaps' }, { on: 2 }, { on: null }])
      expect((await api.ask('PUT /override', { body })).status).toBe(400);
    expect(api.supervisor.calls).toEqual([]);
  });

  it('/history has the latest entries, the oldest first', async () => {
    const api = await TestApi.start();
    for (const text of ['a', 'b', 'c']) api.supervisor.log('notice', text);
    const said = async (query: string, key: string = DEVICE_KEY): Promise<string[]> => {
      const { text } = await api.ask(`GET /history${query}`, { key });
      return (JSON.parse(text) as { entries: { text: string }[] }).entries.map((one) => one.text);
    };
    expect(await said('')).toEqual(['a', 'b', 'c']);
    expect(await said('?most=2')).toEqual(['b', 'c']);
    for (const most of ['0', '-1', 'x', '10001', '1.5', '1&most=2'])
      expect((await api.ask(`GET /history?most=${most}`)).status).toBe(400);
  });
});

it('closing ends the subscriptions', async () => {
  const api = await TestApi.start();
  const { listeners }: MemorySupervisor = api.supervisor;
  expect(listeners.size).toBeGreaterThan(0);
  await api.api.close();
  expect(listeners.size).toBe(0);
});
