// What balena's clients ask of a supervisor, asked of a daemon that really runs services: what is
// done while nobody holds a lock, that nothing is stopped while somebody does, and that force does it.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appStatus, ask, askJson, runs, sleeper, started } from '../helpers/daemon-api.js';
import { daemon, type Place, type TestDaemon } from '../helpers/daemon.js';
import { flockHolder, holder } from '../helpers/child.js';
import { until } from '../helpers/scratch.js';

const OK = { status: 200, type: 'text/plain; charset=utf-8', text: 'OK' };

/** App 7 with two services, app 8 with one. */
async function both(): Promise<{ place: Place; supervisor: TestDaemon }> {
  const volumes = ['store:/tmp/store'];
  return started({
    7: { name: 'press', release: 'a', services: { one: sleeper({ volumes }), two: sleeper() } },
    8: { name: 'pump', release: 'p', services: { only: sleeper({ 'service-id': 5 }) } },
  });
}

/** A file in the volume of app 7, and where it lies. */
function stored(place: Place): string {
  const file = join(place.dir, 'state/volumes/7/store/data');
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, 'kept');
  return file;
}

describe('while nobody holds a lock', () => {
  it('restarts and purges', async () => {
    const { place } = await both();
    const first = await runs(place, '7');
    expect(await ask(place, 'POST /v1/restart', { body: { appId: 7 } })).toEqual(OK);
    const second = await runs(place, '7');
    expect(Object.keys(second)).toEqual(['one', 'two']);
    for (const name of ['one', 'two']) expect(second[name]).not.toBe(first[name]);
    expect(await ask(place, 'POST /v2/applications/7/restart')).toEqual(OK);

    const file = stored(place);
    const purged = await ask(place, 'POST /v1/purge', {
      body: 'appId=7',
      type: 'application/x-www-form-urlencoded',
    });
    expect(purged).toMatchObject({ status: 200, text: '{"Data":"OK","Error":""}' });
    expect(existsSync(file)).toBe(false);
    stored(place);
    expect(await ask(place, 'POST /v2/applications/7/purge', { body: {} })).toEqual(OK);
    expect(existsSync(file)).toBe(false);
    expect(Object.keys(await runs(place, '7'))).toEqual(['one', 'two']);
    for (const service of ['one', 'two'])
      expect(readdirSync(place.lockDir('7', service))).toEqual([]);
    expect(Object.keys(await runs(place, '8'))).toEqual(['only']);
  });

  it('stops, starts and restarts one service', async () => {
    const { place } = await both();
    const { one, two } = await runs(place, '7');
    const post = async (action: string, body: unknown): Promise<unknown> =>
      ask(place, `POST /v2/applications/7/${action}-service`, { body });
    expect(await post('stop', { serviceName: 'one' })).toEqual(OK);
    expect(await runs(place, '7')).toEqual({ two });
    expect(await post('start', { serviceName: 'one' })).toEqual(OK);
    const again = await runs(place, '7');
    expect(again).toMatchObject({ two });
    expect(again['one']).not.toBe(one);
    const imageId = (await appStatus(place, '7'))?.services.find(
      ({ name }) => name === 'two',
    )?.imageId;
    expect(await post('restart', { imageId })).toEqual(OK);
    expect((await runs(place, '7'))['two']).not.toBe(two);
    expect(await post('restart', { serviceName: 'three' })).toMatchObject({ status: 404 });
    expect(await post('restart', {})).toMatchObject({ status: 400 });
  });

  it('stops and starts the app of one service, as v1 has it', async () => {
    const { place } = await both();
    const { only } = await runs(place, '8');
    expect(await askJson(place, 'POST /v1/apps/8/stop')).toEqual({ containerId: only });
    expect(await runs(place, '8')).toEqual({});
    const { containerId } = await askJson(place, 'POST /v1/apps/8/start');
    expect(await runs(place, '8')).toEqual({ only: containerId });
    expect(await ask(place, 'POST /v1/apps/7/stop')).toMatchObject({ status: 400 });
    expect(await ask(place, 'POST /v1/apps/9/stop')).toMatchObject({ status: 404 });
    expect(Object.keys(await runs(place, '7'))).toHaveLength(2);
  });

  it('what was stopped stays stopped when the daemon is another one', async () => {
    const { place, supervisor } = await both();
    await ask(place, 'POST /v1/apps/8/stop');
    await supervisor.end();
    await daemon(place);
    await until(async () => Object.keys(await runs(place, '7')).length === 2);
    expect(await runs(place, '8')).toEqual({});
  });
});

it('says what is missing in the words of balena', async () => {
  const { place } = await both();
  expect(await ask(place, 'POST /v1/restart', { body: {} })).toMatchObject({
    status: 400,
    text: 'Missing app id',
  });
  expect(await ask(place, 'POST /v1/purge')).toMatchObject({
    status: 400,
    text: 'Invalid or missing appId',
  });
  for (const key of ['', 'wrong'])
    expect(await ask(place, 'POST /v1/restart', { body: { appId: 7 }, key })).toMatchObject({
      status: 401,
    });
});

it('tells what runs in the shapes that clients read', async () => {
  const { place } = await both();
  for (const path of ['/ping', '/v1/healthy'])
    expect(await ask(place, `GET ${path}`, { key: '' })).toEqual(OK);
  const { one, two } = await runs(place, '7');
  const { only } = await runs(place, '8');
  const state = await askJson<{ containers: unknown[] }>(place, 'GET /v2/state/status');
  expect(state).toMatchObject({
    status: 'success',
    appState: 'applied',
    overallDownloadProgress: null,
  });
  expect(state.containers).toHaveLength(3);
  expect(state.containers).toContainEqual(
    expect.objectContaining({
      status: 'Running',
      serviceName: 'only',
      appId: 8,
      serviceId: 5,
      containerId: only,
    }),
  );
  expect(await askJson(place, 'GET /v1/device')).toMatchObject({
    status: 'Idle',
    commit: null,
    update_pending: false,
    update_failed: false,
    download_progress: null,
  });
  expect(await askJson(place, 'GET /v2/containerId?service=one')).toEqual({
    status: 'success',
    containerId: one,
  });
  expect(await askJson(place, 'GET /v2/containerId')).toEqual({
    status: 'success',
    services: { one, two, only },
  });
  expect(await ask(place, 'GET /v2/containerId?service=none')).toMatchObject({ status: 404 });
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await askJson(place, 'GET /v2/version')).toEqual({ status: 'success', version });
});

it('runs what a target state says that was posted, and gives it back', async () => {
  const { place, supervisor } = await both();
  const service = {
    serviceName: 'web',
    image: 'web:1',
    imageId: 31,
    serviceId: 41,
    environment: { A: 'b' },
    labels: {},
    running: true,
    command: ['sleep', 'infinity'],
  };
  const local = {
    name: 'press-1',
    config: {},
    apps: {
      12: {
        name: 'site',
        commit: 'c0ffee',
        releaseId: 1,
        services: { 41: service },
        volumes: {},
        networks: {},
      },
    },
  };
  const body = { local };
  expect(await ask(place, 'POST /v2/local/target-state', { body })).toMatchObject({
    status: 200,
    text: '{"status":"success","message":"OK"}',
  });
  await until(async () => (await appStatus(place, '12'))?.update.state === 'idle');
  expect(Object.keys(await runs(place, '12'))).toEqual(['web']);
  await until(async () => (await appStatus(place, '7')) === undefined);
  const { state } = await askJson<{ state: { local: typeof local } }>(
    place,
    'GET /v2/local/target-state',
  );
  expect(state.local).toMatchObject({
    name: 'press-1',
    apps: { 12: { name: 'site', commit: 'c0ffee' } },
  });
  expect(state.local.apps[12].services[41]).toMatchObject(service);
  expect(await askJson(place, 'GET /v1/device')).toMatchObject({ commit: 'c0ffee' });

  const before = await runs(place, '12');
  await ask(place, 'POST /v2/local/target-state', { body: state });
  await until(() => supervisor.entries.filter(({ kind }) => kind === 'target').length === 3);
  expect(await ask(place, 'POST /v1/update')).toMatchObject({ status: 204, text: '' });
  await until(async () => (await appStatus(place, '12'))?.update.state === 'idle');
  expect(await runs(place, '12')).toEqual(before);
});

const HOLDS: Record<string, (path: string) => Promise<unknown>> = {
  'flock(1)': flockHolder,
  lockbridge: holder,
  'an empty file': (path) => Promise.resolve(writeFileSync(path, '')),
};

const ACTIONS: readonly [string, unknown][] = [
  ['POST /v1/restart', { appId: 7 }],
  ['POST /v1/purge', { appId: '7' }],
  ['POST /v2/applications/7/restart', {}],
  ['POST /v2/applications/7/purge', {}],
  ['POST /v2/applications/7/restart-service', { serviceName: 'two' }],
  ['POST /v2/applications/7/stop-service', { serviceName: 'two' }],
];

describe.each(Object.entries(HOLDS))('while %s holds the lock of a service', (_name, hold) => {
  it('nothing is stopped: 423, and who is in the way', async () => {
    const { place } = await both();
    await hold(place.lock('7', 'one'));
    await hold(place.lock('8', 'only'));
    const file = stored(place);
    const before = [await runs(place, '7'), await runs(place, '8')];
    for (const [what, body] of [...ACTIONS, ['POST /v1/apps/8/stop', undefined] as const]) {
      const { status, text } = await ask(place, what, { body });
      expect({ what, status }).toEqual({ what, status: 423 });
      const said = JSON.parse(text) as Record<string, unknown>;
      expect(said).toMatchObject({ kind: 'locked', status: 'failed', message: said['value'] });
      expect(said['message']).toMatch(
        /^Lockfile exists for \{ appId: [78], service: (one|only) \}/,
      );
      if (what.startsWith('POST /v1/'))
        expect(said).toMatchObject({ Data: '', Error: said['value'] });
      expect(said['blockers']).toEqual([expect.objectContaining({ verdict: 'held' })]);
    }
    expect([await runs(place, '7'), await runs(place, '8')]).toEqual(before);
    expect(existsSync(file)).toBe(true);
    expect(existsSync(place.lock('7', 'two'))).toBe(false);
  });

  it('force does it, and the journal says who asked', async () => {
    const { place, supervisor } = await both();
    for (const [what, body] of ACTIONS) {
      await hold(place.lock('7', 'one'));
      const before = await runs(place, '7');
      const from = supervisor.entries.length;
      const { status } = await ask(place, what, { body: { ...(body as object), force: 'on' } });
      expect({ what, status }).toEqual({ what, status: 200 });
      expect((await runs(place, '7'))['two']).not.toBe(before['two']);
      const { who, app } = await supervisor.entry('operation', 'by force', from);
      expect({ who, app }).toEqual({ who: 'api unix socket (device key)', app: '7' });
      await supervisor.entry('override', 'one', from);
      expect(readdirSync(place.lockDir('7', 'one'))).toEqual([]);
    }
  });

  it('a service is started all the same', async () => {
    const { place } = await both();
    await ask(place, 'POST /v1/apps/8/stop');
    await hold(place.lock('8', 'only'));
    expect(await ask(place, 'POST /v1/apps/8/start')).toMatchObject({ status: 200 });
    expect(Object.keys(await runs(place, '8'))).toEqual(['only']);
  });
});
