// What is asked for the whole device: a configured command does it, under the locks of all apps.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holder } from '../helpers/child.js';
import { cli } from '../helpers/cli.js';
import { ask, askJson, runs, sleeper, started } from '../helpers/daemon-api.js';
import { Place, type TestDaemon } from '../helpers/daemon.js';
import { scratch } from '../helpers/scratch.js';

const APPS = {
  7: { services: { one: sleeper(), two: sleeper() } },
  8: { services: { only: sleeper() } },
};

const DOWN = [
  ['POST', '/v1/reboot'],
  ['POST', '/v1/shutdown'],
] as const;
const ALL = [...DOWN, ['PATCH', '/v1/device/host-config']] as const;
const BODY = { network: { hostname: 'press-2' } };

/** A daemon whose commands write, to `log`, what they were called with and how many locks are held. */
async function device(): Promise<{ place: Place; supervisor: TestDaemon; log: string }> {
  const dir = scratch();
  const log = join(dir, 'log');
  const script = join(dir, 'command');
  const place = new Place();
  const lines = [
    '#!/bin/sh',
    `cd '${join(place.lockDir('7', 'one'), '../..')}' || exit 3`,
    'held=0',
    'for lock in $(find . -name "*updates.lock"); do',
    '  flock --nonblock "$lock" true || held=$((held + 1))',
    'done',
    `echo "$@ under $held locks" >> '${log}'`,
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  chmodSync(script, 0o755);
  const commands = { reboot: [script, 'reboot'], shutdown: [script, 'off'], hostname: [script] };
  const { supervisor } = await started(APPS, { commands }, place);
  return { place, supervisor, log };
}

it.each(ALL)('%s %s is not to be had without a command', async (method, path) => {
  const { place } = await started(APPS);
  const { status, text } = await ask(place, `${method} ${path}`, { body: BODY });
  expect(status).toBe(501);
  expect(text).toContain('`commands: {');
});

it.each([
  ['reboot', 'reboot'],
  ['shutdown', 'off'],
])('%s runs its command under the locks of all apps, and keeps them', async (what, word) => {
  const { place, log } = await device();
  const before = { ...(await runs(place, '7')), ...(await runs(place, '8')) };
  const said = await ask(place, `POST /v1/${what}`);
  expect(said).toMatchObject({ status: 202, text: '{"Data":"OK","Error":null}' });
  expect(readFileSync(log, 'utf8')).toBe(`${word} under 6 locks\n`);
  // Going down takes its time: nobody may begin anything now.
  expect(cli('run', '--nonblock', place.lock('8', 'only'), '--', 'true').code).toBe(1);
  expect({ ...(await runs(place, '7')), ...(await runs(place, '8')) }).toEqual(before);
});

it('sets the host name under the locks of all apps, and lets go', async () => {
  const { place, log } = await device();
  const said = await ask(place, 'PATCH /v1/device/host-config', { body: BODY });
  expect(said).toMatchObject({ status: 200, text: 'OK' });
  expect(readFileSync(log, 'utf8')).toBe('press-2 under 6 locks\n');
  expect(existsSync(place.lock('8', 'only'))).toBe(false);
  const { network } = await askJson<typeof BODY>(place, 'GET /v1/device/host-config');
  expect(network.hostname).toBe(hostname());
});

describe('while a service holds its lock', () => {
  it.each(ALL)('%s %s is refused, and nothing is run', async (method, path) => {
    const { place, log } = await device();
    await holder(place.lock('8', 'only'));
    const { status, type, text } = await ask(place, `${method} ${path}`, { body: BODY });
    expect(status).toBe(423);
    expect(text).toContain('Lockfile exists for { appId: 8, service: only }');
    if (method === 'PATCH') expect(type).toMatch(/^text\/plain/);
    else expect(JSON.parse(text)).toMatchObject({ Data: '', Error: expect.any(String) as string });
    expect(existsSync(log)).toBe(false);
    expect(existsSync(place.lock('7', 'one'))).toBe(false);
  });

  it.each(ALL)('%s %s is done by force', async (method, path) => {
    const { place, supervisor, log } = await device();
    await holder(place.lock('8', 'only'));
    const { status } = await ask(place, `${method} ${path}`, { body: { ...BODY, force: true } });
    expect(status).toBe(method === 'POST' ? 202 : 200);
    expect(readFileSync(log, 'utf8')).toContain('under 6 locks');
    await supervisor.entry('override', 'only');
    expect((await supervisor.entry('operation', 'by force')).who).toContain('api unix socket');
  });
});

it.each(['rollback-health-breadcrumb', 'rollback-altboot-breadcrumb'])(
  "the host's %s keeps the device up, unless forced",
  async (name) => {
    const { place, log } = await device();
    mkdirSync(join(place.dir, 'mnt/state'), { recursive: true });
    writeFileSync(join(place.dir, 'mnt/state', name), '');
    for (const [method, path] of DOWN) {
      const { status, text } = await ask(place, `${method} ${path}`);
      expect(status).toBe(423);
      expect(JSON.parse(text)).toMatchObject({ Error: 'Waiting for Host OS update to finish' });
    }
    expect(existsSync(log)).toBe(false);
    const forced = await ask(place, 'POST /v1/reboot', { body: { force: true } });
    expect(forced.status).toBe(202);
    expect(readFileSync(log, 'utf8')).toContain('reboot');
  },
);

it('a command that fails is told, and leaves no lock', async () => {
  const place = new Place();
  await started(APPS, { commands: { reboot: ['false'], shutdown: ['/nowhere'] } }, place);
  for (const [what, why] of [
    ['reboot', 'exit code 1'],
    ['shutdown', 'ENOENT'],
  ]) {
    const { status, text } = await ask(place, `POST /v1/${String(what)}`);
    expect(status).toBe(500);
    expect(text).toContain(why);
  }
  expect(readdirSync(place.lockDir('7', 'one'))).toEqual([]);
});

it('while the device goes down a second operation is refused, and SIGTERM is obeyed at once', async () => {
  const { place, supervisor } = await device();
  await ask(place, 'POST /v1/reboot');
  const { status, text } = await ask(place, 'POST /v1/restart', { body: { appId: 7 } });
  expect(status).toBe(423);
  expect(text).toContain('Locks for app 7 are being held by another supervisor operation');
  // What a reboot does next: the services are killed, and the daemon is told to end.
  const pid = Number((await runs(place, '8'))['only']?.split('-')[0]);
  process.kill(pid, 'SIGKILL');
  await supervisor.entry('exit', 'only');
  await supervisor.end();
  expect(supervisor.child.process.exitCode).toBe(0);
  expect(readdirSync(place.lockDir('7', 'one'))).toEqual([]);
});
