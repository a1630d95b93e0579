// Updates of a device that is one of many: when a slot is taken, what is held meanwhile, and when it is
// given back.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectSync } from '../../src/index.js';
import type { FleetStatus, Status, UpdateStatus } from '../../src/supervisor/types.js';
import { holder } from '../helpers/child.js';
import { cli } from '../helpers/cli.js';
import { ask, askJson, events, runs, sleeper, started } from '../helpers/daemon-api.js';
import { daemon, Place, type TestDaemon } from '../helpers/daemon.js';
import { fleetOf, FleetServer } from '../helpers/fleet-server.js';
import { until } from '../helpers/scratch.js';
import { sh } from '../helpers/services.js';

const release = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  7: {
    release: name,
    services: {
      one: sleeper({ environment: { R: name } }),
      two: sleeper({ environment: { R: name } }),
    },
    ...more,
  },
});

/** A device that runs release a, and its server. */
async function device(
  more: Record<string, unknown> = {},
  app: Record<string, unknown> = {},
): Promise<{ server: FleetServer; place: Place; supervisor: TestDaemon }> {
  const server = await FleetServer.start();
  const settings = fleetOf(server, more);
  const { place, supervisor } = await started(release('a', app), settings);
  return { server, place, supervisor };
}

const fleet = async (supervisor: TestDaemon): Promise<FleetStatus | undefined> =>
  (await supervisor.status()).fleet;

async function update(supervisor: TestDaemon): Promise<UpdateStatus | undefined> {
  return (await supervisor.status()).apps[0]?.update;
}

async function metric(place: Place, name: string): Promise<number | undefined> {
  const { text } = await ask(place, 'GET /metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}

it('a first release takes no slot; the next one does, and gives it back when it is healthy', async () => {
  const { server, place, supervisor } = await device();
  expect(server.asked).toEqual([]);
  expect(await fleet(supervisor)).toMatchObject({ state: 'none', group: 'default', owed: 0 });
  place.configure(release('b'));
  await supervisor.entry('applied', 'release b runs');
  await supervisor.entry('fleet', 'is given back');
  expect(server.asked.map(({ question }) => question)).toEqual(['pre-reboot', 'steady-state']);
  const told = supervisor.entries
    .filter(({ kind }) => ['fleet', 'take', 'applied', 'release'].includes(kind))
    .map(({ kind, text }) => `${kind} ${text}`)
    .slice(1); // a first release
  expect(told.map((text) => text.split(':')[0])).toEqual([
    'fleet a slot of group `default` is granted',
    'take update locks of 2 services taken',
    'applied release b runs',
    'release update locks of 2 services released',
    'fleet release b is healthy',
    'fleet the slot of group `default` is given back',
  ]);
});

it('the id is random, kept, and begins with the name of the device', async () => {
  const { server, place, supervisor } = await device({ group: 'line-3' });
  place.configure(release('b'));
  await supervisor.entry('fleet', 'is given back');
  await supervisor.end();
  place.configure(release('c'));
  const next = await daemon(place);
  await next.entry('fleet', 'is given back');
  const [first, ...others] = server.asked;
  expect(first?.id).toMatch(/^test-[0-9a-f]{16}$/);
  expect(first?.group).toBe('line-3');
  for (const { id } of others) expect(id).toBe(first?.id);
});

it('no slot is asked for while a lock is held, and no lock is held while a slot is asked for', async () => {
  const { server, place, supervisor } = await device();
  const app = await holder(place.lock('7', 'two'));
  place.configure(release('b'));
  await supervisor.entry('wait', 'two');
  expect(server.asked).toEqual([]);
  const seen: string[] = [];
  server.before = () => {
    for (const name of ['one', 'two']) seen.push(inspectSync(place.lock('7', name)).verdict);
  };
  await app.finish();
  await supervisor.entry('applied', 'release b runs');
  // Residue is nobody's: the app may leave its file where the daemon was just looking at it.
  for (const verdict of seen) expect(['free', 'residue']).toContain(verdict);
  expect(seen).not.toEqual([]);
});

it('a device whose app locks while it waits for its turn asks no more, until the app lets go', async () => {
  const { server, place, supervisor } = await device();
  server.holders.add('other');
  place.configure(release('b'));
  await until(() => server.count('pre-reboot') > 1);
  const app = await holder(place.lock('7', 'one'));
  await supervisor.entry('wait', 'one');
  const before = server.count('pre-reboot');
  // What it may have in doubt it gives back meanwhile: that is a request, and not for a slot.
  await until(() => server.count('steady-state') > 0);
  server.holders.clear();
  expect(server.count('pre-reboot')).toBe(before);
  expect(supervisor.entries.some(({ kind }) => kind === 'take')).toBe(false);
  await app.finish();
  await supervisor.entry('applied', 'release b runs');
  await server.free();
});

it('a slot is not hoarded for an app that was faster: it is given back, and asked for anew', async () => {
  const { server, place, supervisor } = await device();
  let app: Awaited<ReturnType<typeof holder>> | undefined;
  server.before = async (question) => {
    if (question === 'pre-reboot') app ??= await holder(place.lock('7', 'one'));
  };
  place.configure(release('b'));
  await supervisor.entry('fleet', 'locks were taken while the slot was asked for');
  await supervisor.entry('fleet', 'is given back');
  expect(server.holders.size).toBe(0);
  expect(supervisor.entries.some(({ kind }) => kind === 'stop')).toBe(false);
  await until(async () => (await update(supervisor))?.state === 'waiting');
  await app?.finish();
  await supervisor.entry('applied', 'release b runs');
  await server.free();
});

describe('refused', () => {
  it('it waits, and says everywhere what the server said', async () => {
    // The server lives in this process, which stands still while a command line runs.
    const { server, place, supervisor } = await device({ timeout: '20s' });
    server.holders.add('press-3');
    const stream = await events(place);
    place.configure(release('b'));
    const text = '1 of 1 slots of group `default` are taken by press-3';
    const entry = await supervisor.entry('fleet', 'the update waits: fleet: 1 of 1 slots');
    expect(entry).toMatchObject({ app: '7', release: 'b' });
    await until(async () => (await update(supervisor))?.fleet === text);
    expect(await update(supervisor)).toMatchObject({ state: 'fleet', release: 'b' });
    expect(await fleet(supervisor)).toMatchObject({ state: 'waiting', text, apps: ['7'] });
    const locks = await askJson<{ fleet: FleetStatus }>(place, 'GET /locks');
    expect(locks.fleet).toMatchObject({ state: 'waiting', text });
    expect(await metric(place, 'lockbridge_fleet_state{state="waiting"}')).toBe(1);
    const refused = 'lockbridge_fleet_requests_total{request="pre-reboot",result="refused"}';
    expect(await metric(place, refused)).toBeGreaterThan(0);
    const told = stream.filter(({ event }) => event === 'fleet').map(({ data }) => data['text']);
    expect(told).toContain(text);
    const shown = cli('update', '-c', place.file, '-w', '0.2');
    expect(shown.code).toBe(1);
    expect(`${shown.out}${shown.err}`).toContain(text);
    const explained = cli('explain', place.lock('7', 'one'));
    expect(explained.out).toContain(`an update waits for a slot: ${text}`);
    // The same answer again and again is one entry of the journal.
    const asked = server.count('pre-reboot');
    await until(() => server.count('pre-reboot') > asked + 3);
    const entries = supervisor.entries.filter((one) => one.text.includes('1 of 1 slots'));
    expect(entries).toHaveLength(1);
    server.holders.clear();
    await supervisor.entry('applied', 'release b runs');
    await supervisor.entry('fleet', 'is given back');
    await until(() => !cli('explain', place.lock('7', 'one')).out.includes('slot'));
  });

  it("what is the whole device's is not shown to an app's key", async () => {
    const { place, supervisor } = await device();
    const { keys } = JSON.parse(readFileSync(join(place.dir, 'state/state.json'), 'utf8')) as {
      keys: Record<string, string>;
    };
    const key = keys['7'] ?? '';
    const seen = await askJson<Status>(place, 'GET /status', { key });
    expect(seen.apps).toHaveLength(1);
    expect(seen.fleet).toBeUndefined();
    expect(await fleet(supervisor)).toBeDefined();
    const refused = await ask(place, 'POST /v1/update', { key, body: { noFleet: true } });
    expect(refused.status).toBe(401);
  });

  it('a target that wants nothing any more ends the wait, and nothing is kept', async () => {
    const { server, place, supervisor } = await device();
    server.holders.add('other');
    place.configure(release('b'));
    await supervisor.entry('fleet', 'the update waits');
    place.configure(release('a'));
    await until(async () => (await fleet(supervisor))?.state === 'none');
    expect((await update(supervisor))?.state).toBe('idle');
    expect([...server.holders]).toEqual(['other']);
  });

  it('force overrides locks and not the fleet; --no-fleet does without it, once', async () => {
    const { server, place, supervisor } = await device();
    server.holders.add('other');
    place.configure(release('b'));
    await supervisor.entry('fleet', 'the update waits');
    await place.client().ask('POST', '/v1/update', { force: true });
    await supervisor.entry('operation', 'update by force');
    const asked = server.count('pre-reboot');
    await until(() => server.count('pre-reboot') > asked + 1);
    expect((await update(supervisor))?.state).toBe('fleet');
    expect(cli('update', '--no-fleet', '-c', place.file)).toMatchObject({ code: 0 });
    await supervisor.entry('applied', 'release b runs');
    await supervisor.entry('operation', 'update without a slot of the fleet');
    expect([...server.holders]).toEqual(['other']);
    const { length } = supervisor.entries;
    place.configure(release('c'));
    await supervisor.entry('fleet', 'the update waits', length);
  });

  it('an update that was given a longest wait counts only what it waited for locks', async () => {
    const { server, place, supervisor } = await device({}, { update: { 'max-wait': '700ms' } });
    server.holders.add('other');
    place.configure(release('b', { update: { 'max-wait': '700ms' } }));
    await until(() => server.count('pre-reboot') > 8); // more than a second at this pace
    server.holders.clear();
    await supervisor.entry('applied', 'release b runs');
    expect(supervisor.entries.some(({ kind }) => kind === 'gave-up')).toBe(false);
  });
});

describe('a release that is not healthy', () => {
  const broken = (name: string): Record<string, unknown> => ({
    7: {
      release: name,
      services: {
        one: sleeper({ environment: { R: name } }),
        two: { command: sh('exit 3'), environment: { R: name } },
      },
    },
  });

  it('keeps the slot, which stops the roll-out, and says so; a better one gives it back', async () => {
    const { server, place, supervisor } = await device();
    place.configure(broken('b'));
    const { text, app } = await supervisor.entry('fleet', 'not healthy');
    expect(app).toBe('7');
    expect(text).toContain('two has ended with 3');
    expect(await fleet(supervisor)).toMatchObject({ state: 'unhealthy', apps: ['7'] });
    expect((await fleet(supervisor))?.text).toContain('app 7: two has ended with 3');
    expect(await metric(place, 'lockbridge_fleet_state{state="unhealthy"}')).toBe(1);
    expect(cli('update', '-c', place.file).err).toContain('the roll-out stops here');
    // It is started again and again, and ends each time.
    await until(() => supervisor.entries.filter(({ kind }) => kind === 'exit').length > 1);
    expect(server.holders.size).toBe(1);
    expect(server.count('steady-state')).toBe(0);
    // Also over a restart of the daemon.
    await supervisor.end();
    const next = await daemon(place);
    await next.entry('recovery', 'it is kept');
    await next.entry('fleet', 'not healthy');
    expect(server.holders.size).toBe(1);
    place.configure(release('c'));
    await next.entry('applied', 'release c runs');
    await next.entry('fleet', 'release c is healthy');
    await server.free();
    expect(server.mostHolders).toBe(1);
  });

  it('and that cannot even be started is rolled back, and the old one gives the slot back', async () => {
    const { server, place, supervisor } = await device();
    const services = {
      one: sleeper({ environment: { R: 'b' } }),
      two: sleeper({ 'working-dir': join(place.dir, 'nowhere') }),
    };
    place.configure({ 7: { release: 'b', services } });
    await supervisor.entry('failed');
    await supervisor.entry('fleet', 'release a is healthy');
    await server.free();
    expect((await update(supervisor))?.state).toBe('failed');
  });
});

it('a service that has done its work and is not started again is healthy', async () => {
  const { server, place, supervisor } = await device();
  const services = {
    one: sleeper({ environment: { R: 'b' } }),
    two: { command: ['true'], restart: 'no' },
  };
  place.configure({ 7: { release: 'b', services } });
  await supervisor.entry('fleet', 'release b is healthy');
  await server.free();
});

it('an app that is removed gives its slot back', async () => {
  const { server, place, supervisor } = await device();
  place.configure({});
  await supervisor.entry('applied', 'the app is gone');
  await supervisor.entry('fleet', 'the app is gone');
  await server.free();
});

it('two apps of a device share its slot, which is given back when both are healthy', async () => {
  const server = await FleetServer.start();
  const apps = (name: string): Record<string, unknown> => ({
    7: { release: name, services: { one: sleeper({ environment: { R: name } }) } },
    8: { release: name, services: { one: sleeper({ environment: { R: name } }) } },
  });
  const { place, supervisor } = await started(apps('a'), fleetOf(server));
  place.configure(apps('b'));
  for (const app of ['7', '8'])
    await until(() =>
      supervisor.entries.some((one) => one.app === app && one.text === 'release b runs'),
    );
  await supervisor.entry('fleet', 'is given back');
  expect(server.count('pre-reboot')).toBe(1);
  expect(server.count('steady-state')).toBe(1);
});

it('two devices of one slot never hold it at once, and both are updated', async () => {
  const server = await FleetServer.start();
  const both = await Promise.all(
    [1, 2].map(async () => started(release('a'), fleetOf(server, { retry: '100ms' }))),
  );
  for (const { place } of both) place.configure(release('b'));
  for (const { supervisor } of both) await supervisor.entry('fleet', 'is given back');
  expect(server.mostHolders).toBe(1);
  expect(new Set(server.asked.map(({ id }) => id)).size).toBe(2);
});

describe('no server', () => {
  it('is waited for, and that is said; the update goes on when it is back', async () => {
    const { server, place, supervisor } = await device();
    await server.stop();
    place.configure(release('b'));
    await supervisor.entry('fleet', 'no server answers .*ECONNREFUSED.*"unreachable: wait"');
    expect((await update(supervisor))?.state).toBe('fleet');
    const before = await runs(place, '7');
    await server.listen();
    await supervisor.entry('applied', 'release b runs');
    expect(await runs(place, '7')).not.toEqual(before);
    await server.free();
  });

  it('stops no update where the policy is to proceed; the slot in doubt is given back later', async () => {
    const { server, place, supervisor } = await device({ unreachable: 'proceed' });
    await server.stop();
    place.configure(release('b'));
    await supervisor.entry('fleet', 'proceeds without a slot');
    await supervisor.entry('applied', 'release b runs');
    await supervisor.entry('fleet', 'not given back yet');
    expect(await fleet(supervisor)).toMatchObject({ state: 'returning' });
    await supervisor.end();
    const next = await daemon(place);
    await next.entry('recovery', 'a slot of group .* may be held');
    await server.listen();
    await next.entry('fleet', 'is given back');
    expect(await fleet(next)).toMatchObject({ state: 'none' });
  });

  it('that may have taken the slot back, and is gone: the next update has no slot to go on with', async () => {
    const { server, place, supervisor } = await device();
    server.fault = (question) => (question === 'steady-state' ? 'lose' : undefined);
    place.configure(release('b'));
    await until(() => server.count('steady-state') > 0);
    await server.stop();
    expect(server.holders.size).toBe(0);
    const { length } = supervisor.entries;
    place.configure(release('c'));
    await supervisor.entry('fleet', 'the update waits: fleet: no server answers', length);
    expect(supervisor.entries.slice(length).some(({ kind }) => kind === 'stop')).toBe(false);
    server.fault = undefined;
    await server.listen();
    await supervisor.entry('applied', 'release c runs');
    await server.free();
  });

  it('that takes the slot back is asked again until it does', async () => {
    const { server, place, supervisor } = await device({ 'healthy-after': '1s' });
    place.configure(release('b'));
    await supervisor.entry('applied', 'release b runs');
    await server.stop();
    await supervisor.entry('fleet', 'not given back yet');
    expect(server.holders.size).toBe(1);
    await server.listen();
    await server.free();
    await supervisor.entry('fleet', 'is given back');
  });
});

it('a slot at a server that the configuration names no more is given back there', async () => {
  const { server, place, supervisor } = await device({ 'healthy-after': '1h' });
  place.configure(release('b'));
  await supervisor.entry('applied', 'release b runs');
  const other = await FleetServer.start();
  place.configure(release('b'), fleetOf(other));
  await supervisor.end();
  const next = await daemon(place);
  await next.entry('fleet', 'which the configuration names no more, is given back');
  await server.free();
  expect(other.asked).toEqual([]);
  expect(await fleet(next)).toMatchObject({ server: other.url, state: 'none', owed: 0 });
});

it('a slot that was owed at the server that is named again is given back by one loop', async () => {
  const { server, place, supervisor } = await device();
  await server.stop();
  place.configure(release('b'), { fleet: { ...fleetOf(server).fleet, unreachable: 'proceed' } });
  await supervisor.end();
  const first = await daemon(place);
  await first.entry('applied', 'release b runs');
  await first.end(); // a slot may be held
  const other = await FleetServer.start();
  place.configure(release('b'), fleetOf(other));
  const second = await daemon(place);
  await second.entry('fleet', 'is not given back yet');
  expect(await fleet(second)).toMatchObject({ owed: 1 });
  await second.end();
  place.configure(release('b'), fleetOf(server));
  const third = await daemon(place);
  expect(await fleet(third)).toMatchObject({ owed: 0, state: 'returning' });
  await server.listen();
  await third.entry('fleet', 'the slot of group `default` is given back');
  expect(await fleet(third)).toMatchObject({ owed: 0, state: 'none' });
});

it('the same server, written differently, is no other', async () => {
  const { server, place, supervisor } = await device({ 'healthy-after': '1h' });
  place.configure(release('b'));
  await supervisor.entry('applied', 'release b runs');
  place.configure(release('b'), {
    fleet: { ...fleetOf(`${server.url}/`).fleet, 'healthy-after': '1h' },
  });
  await supervisor.end();
  const next = await daemon(place);
  await next.entry('recovery', 'it is kept');
  expect(await fleet(next)).toMatchObject({ owed: 0, state: 'held', apps: ['7'] });
  expect(server.count('steady-state')).toBe(0);
});

it('a slot for locks that cannot be taken at all is given back', async () => {
  const { server, place, supervisor } = await device();
  server.before = (question) => {
    if (question === 'steady-state') return;
    rmSync(place.lockDir('7', 'one'), { recursive: true });
    writeFileSync(place.lockDir('7', 'one'), 'in the way');
  };
  place.configure(release('b'));
  await supervisor.entry('failed', 'the update failed');
  await supervisor.entry('fleet', 'is given back');
  expect(server.holders.size).toBe(0);
});

it('a certificate that is not there is told at once, in one line', async () => {
  const place = new Place();
  const settings = fleetOf('https://localhost:1', { 'ca-file': './nowhere.pem' });
  place.configure(release('a'), settings);
  const { code, err } = cli('supervise', '-c', place.file);
  expect(code).toBe(65);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(err).toContain('nowhere.pem');
  expect(existsSync(join(place.dir, 'state/state.json'))).toBe(false);
});
