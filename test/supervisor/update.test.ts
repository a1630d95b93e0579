// The daemon as a user runs it: releases that are applied only when every service lets them.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectSync } from '../../src/index.js';
import { flockHolder, holder } from '../helpers/child.js';
import { cli } from '../helpers/cli.js';
import { daemon, Place, type TestDaemon } from '../helpers/daemon.js';
import { until } from '../helpers/scratch.js';

const sleeper = (release: string): Record<string, unknown> => ({
  command: ['sleep', 'infinity'],
  environment: { RELEASE: release },
  'stop-grace': '2s',
});

function release(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const services = { one: sleeper(name), two: sleeper(name) };
  return { 7: { name: 'app', release: name, services, ...more } };
}

/** A daemon that runs release a of an app with two services. */
async function running(
  more: Record<string, unknown> = {},
  settings: Record<string, unknown> = {},
): Promise<{ place: Place; supervisor: TestDaemon }> {
  const place = new Place();
  place.configure(release('a', more), settings);
  const supervisor = await daemon(place);
  await supervisor.entry('applied', 'release a runs');
  return { place, supervisor };
}

it('a release is started without locks, and updated under them when nobody holds one', async () => {
  const { place, supervisor } = await running();
  expect(supervisor.entries.some(({ kind }) => kind === 'take')).toBe(false);
  place.configure(release('b'));
  await supervisor.entry('applied', 'release b runs');
  const kinds = supervisor.entries.map(({ kind }) => kind);
  const take = kinds.indexOf('take');
  expect(take).toBeGreaterThan(0);
  expect(kinds.slice(take).filter((kind) => kind === 'stop')).toHaveLength(2);
  await supervisor.entry('release');
  // Clients look at the listing: nothing of ours is left.
  for (const service of ['one', 'two'])
    expect(readdirSync(place.lockDir('7', service))).toEqual([]);
});

it('an update waits for a lock, says for whom, and goes on when it is let go', async () => {
  const { place, supervisor } = await running();
  const app = await holder(place.lock('7', 'two'));
  place.configure(release('b'));
  const { text, service } = await supervisor.entry('wait');
  expect(service).toBe('two');
  expect(text).toContain(`pid ${String(app.process.pid)}`);
  const { apps } = await supervisor.status();
  expect(apps[0]?.update).toMatchObject({ state: 'waiting', release: 'b' });
  expect(apps[0]?.services.map(({ status }) => status)).toEqual(['Running', 'Running']);
  expect(supervisor.entries.some(({ kind }) => kind === 'stop')).toBe(false);
  // Whoever holds it can see that somebody waits.
  const pending = join(place.lockDir('7', 'two'), 'updates.pending');
  expect(JSON.parse(readFileSync(pending, 'utf8'))).toMatchObject({ release: 'b' });
  await app.finish();
  await supervisor.entry('applied', 'release b runs');
  await supervisor.entry('release');
  expect(existsSync(pending)).toBe(false);
});

it('a flock that ended blocks nothing, although its file stays', async () => {
  const { place, supervisor } = await running();
  const flock = await flockHolder(place.lock('7', 'one'));
  place.configure(release('b'));
  await supervisor.entry('wait', 'flock');
  await flock.finish();
  await supervisor.entry('applied', 'release b runs');
});

it('locks are not held while something is waited for', async () => {
  const { place, supervisor } = await running();
  const app = await holder(place.lock('7', 'two'));
  place.configure(release('b'));
  await supervisor.entry('wait');
  expect(inspectSync(place.lock('7', 'one')).verdict).toBe('free');
  await app.finish();
  await supervisor.entry('applied', 'release b runs');
});

describe('force', () => {
  it('works while an update is blocked already, and is put on record', async () => {
    const { place, supervisor } = await running();
    const app = await holder(place.lock('7', 'one'));
    place.configure(release('b'));
    await supervisor.entry('wait');
    await place.client().ask('POST', '/v1/update', { force: true });
    await supervisor.entry('applied', 'release b runs');
    expect(await supervisor.entry('override', 'one')).toMatchObject({ app: '7' });
    expect((await supervisor.entry('operation', 'update by force')).who).toContain('api');
    await app.finish();
  });

  it('is for one update only', async () => {
    const { place, supervisor } = await running();
    await place.client().ask('POST', '/v1/update', { force: true });
    const app = await holder(place.lock('7', 'one'));
    place.configure(release('b'));
    await supervisor.entry('wait');
    await app.finish();
    await supervisor.entry('applied', 'release b runs');
  });

  it('for a restart lets no pending update through', async () => {
    const { place, supervisor } = await running();
    const app = await holder(place.lock('7', 'one'));
    place.configure(release('b'));
    await supervisor.entry('wait');
    await place.client().ask('POST', '/v1/restart', { appId: 7, force: true });
    // The services run again, the old release, and are given time to lock again.
    await supervisor.entry('window');
    expect((await supervisor.status()).apps[0]).toMatchObject({
      release: 'a',
      update: { state: 'window', release: 'b' },
    });
    await app.finish();
  });
});

describe('the override', () => {
  it('deletes the locks of now, once, and is dumped for host scripts', async () => {
    const { place, supervisor } = await running();
    writeFileSync(place.lock('7', 'one'), '');
    place.configure(release('b'));
    await supervisor.entry('wait');
    expect(cli('override', 'on', '-c', place.file)).toMatchObject({ code: 0, err: '' });
    await supervisor.entry('applied', 'release b runs');
    const dump = join(place.dir, 'tmp/balena-supervisor/target-state-config');
    expect(readFileSync(dump, 'utf8')).toContain('"SUPERVISOR_OVERRIDE_LOCK":"true"');
    expect(cli('override', 'off', '-c', place.file).out).toContain('is off');
    writeFileSync(place.lock('7', 'one'), '');
    place.configure(release('c'));
    await supervisor.entry('wait', '', supervisor.entries.length);
  });

  it('can be set in the configuration', async () => {
    const { place, supervisor } = await running();
    writeFileSync(place.lock('7', 'one'), '');
    place.configure(release('b'), { config: { RESIN_OVERRIDE_LOCK: '1' } });
    await supervisor.entry('applied', 'release b runs');
    await supervisor.entry('override-on');
  });
});

describe('a longest wait', () => {
  it('ends with the update given up, until somebody asks', async () => {
    const { place, supervisor } = await running({ update: { 'max-wait': '300ms' } });
    const app = await holder(place.lock('7', 'one'));
    place.configure(release('b', { update: { 'max-wait': '300ms' } }));
    await supervisor.entry('gave-up');
    expect((await supervisor.status()).apps[0]?.update.state).toBe('gave-up');
    await app.finish();
    await place.client().ask('POST', '/v1/update', {});
    await supervisor.entry('applied', 'release b runs');
  });

  it('ends by force where that is the policy', async () => {
    const update = { 'max-wait': '300ms', then: 'force' };
    const { place, supervisor } = await running({ update });
    const app = await holder(place.lock('7', 'one'));
    place.configure(release('b', { update }));
    await supervisor.entry('applied', 'release b runs');
    expect((await supervisor.entry('notice', 'override')).who).toBe('policy');
    await app.finish();
  });
});

it('outside its window an update waits, and force does not', async () => {
  const update = { windows: [{ cron: '0 0 1 1 *', for: '1m', timezone: 'UTC' }] };
  const { place, supervisor } = await running({ update });
  place.configure(release('b', { update }));
  await supervisor.entry('window');
  expect((await supervisor.status()).apps[0]?.update).toMatchObject({ state: 'window' });
  await place.client().ask('POST', '/v1/update', { force: true });
  await supervisor.entry('applied', 'release b runs');
});

describe('a service that does not run', () => {
  const once = (name: string): Record<string, unknown> => ({
    name: 'app',
    release: name,
    services: {
      one: sleeper(name),
      job: { command: ['true'], restart: 'no', environment: { RELEASE: name } },
    },
  });

  it('holds by its lock file, and that is said', async () => {
    const place = new Place();
    place.configure({ 7: once('a') });
    const supervisor = await daemon(place);
    await supervisor.entry('exit', 'job');
    writeFileSync(place.lock('7', 'job'), '');
    place.configure({ 7: once('b') });
    await supervisor.entry('wait', 'job');
    const blocker = (await supervisor.status()).apps[0]?.update.blockers?.[0];
    expect(blocker?.exited?.at).toMatch(/^20/);
  });

  it('is no obstacle where the policy calls it stale', async () => {
    const place = new Place();
    const update = { 'exited-services': 'stale' };
    place.configure({ 7: { ...once('a'), update } });
    const supervisor = await daemon(place);
    await supervisor.entry('exit', 'job');
    writeFileSync(place.lock('7', 'job'), '');
    place.configure({ 7: { ...once('b'), update } });
    await supervisor.entry('applied', 'release b runs');
    await supervisor.entry('override', 'job');
  });
});

it('starting a service needs no lock', async () => {
  const { place, supervisor } = await running();
  const path = '/v2/applications/7';
  await place.client().ask('POST', `${path}/stop-service`, { serviceName: 'one' });
  writeFileSync(place.lock('7', 'one'), '');
  await place.client().ask('POST', `${path}/start-service`, { serviceName: 'one' });
  await supervisor.entry('start', 'one', 6);
  expect((await supervisor.status()).apps[0]?.services[0]?.status).toBe('Running');
});

it('an app that is removed is stopped under its locks', async () => {
  const { place, supervisor } = await running();
  const app = await holder(place.lock('7', 'one'));
  place.configure({});
  await supervisor.entry('wait');
  await app.finish();
  await supervisor.entry('applied', 'the app is gone');
  await until(async () => (await supervisor.status()).apps.length === 0);
});

it('a release that cannot be started is rolled back', async () => {
  const { place, supervisor } = await running();
  const broken = release('b');
  const services = (broken['7'] as { services: Record<string, unknown> }).services;
  services['two'] = { ...sleeper('b'), 'working-dir': join(place.dir, 'nowhere') };
  place.configure(broken);
  await supervisor.entry('failed');
  await supervisor.entry('release');
  await until(async () => {
    const [app] = (await supervisor.status()).apps;
    return app?.release === 'a' && app.services.every(({ status }) => status === 'Running');
  });
  expect((await supervisor.status()).apps[0]?.update.state).toBe('failed');
  expect(readdirSync(place.lockDir('7', 'one'))).toEqual([]);
});

it('services outlive the daemon, and the next one finds them', async () => {
  const { place, supervisor } = await running();
  const before = (await supervisor.status()).apps[0]?.services.map(({ instance }) => instance?.pid);
  await supervisor.end();
  const next = await daemon(place);
  await until(async () => (await next.status()).apps[0]?.services.length === 2);
  const after = (await next.status()).apps[0]?.services.map(({ instance }) => instance?.pid);
  expect(after).toEqual(before);
});

it('a second daemon on the same state is refused in one line', async () => {
  const { place } = await running();
  const { code, err } = cli('supervise', '-c', place.file);
  expect(code).toBe(1);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(err).toContain('another daemon uses this state');
});
