// The fleet server's unit on a Debian that has booted: it serves over TLS as a user that has nothing, keeps
// its slots over kill -9, and root's commands get along with it.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Authority } from '../fleet/rig/certificates.js';
import { Booted } from '../helpers/booted.js';
import { needContainers } from '../helpers/podman.js';
import { until } from '../helpers/scratch.js';

vi.setConfig({ testTimeout: 120_000 });

needContainers();

const UNIT = 'lockbridge-fleet';
const STATE = ['--state', '/var/lib/lockbridge-fleet/fleet.json'];
const CREDENTIALS = `/run/credentials/${UNIT}.service`;

// As a device that has a certificate: node ask.mjs PATH ID
const ASK = `
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
const [path, id] = process.argv.slice(2);
const read = (name) => readFileSync('/etc/lockbridge/' + name);
const tls = { ca: read('fleet/devices-ca.pem'), cert: read('device.pem'), key: read('device.key') };
const headers = { 'fleet-lock-protocol': 'true' };
const sent = request('https://127.0.0.1:8443/v1/' + path, { method: 'POST', headers, ...tls });
sent.on('response', (response) => response.pipe(process.stdout));
sent.end(JSON.stringify({ client_params: { id, group: 'default' } }));
`;

it('it serves as nobody in particular, keeps slots over kill -9, and stops in order', async () => {
  const machine = await Booted.boot();
  const fleet = join(machine.etc, 'fleet');
  mkdirSync(fleet, { mode: 0o700 });
  const authority = new Authority(machine.etc);
  const put = (name: string, file: string): void => {
    writeFileSync(join(machine.etc, name), readFileSync(file), { mode: 0o600 });
  };
  const [server, device] = [authority.sign('server'), authority.sign('dev-a')];
  put('fleet/server.pem', server.cert);
  put('fleet/server.key', server.key);
  put('fleet/devices-ca.pem', authority.ca);
  put('device.pem', device.cert);
  put('device.key', device.key);
  writeFileSync(join(machine.etc, 'ask.mjs'), ASK);
  const options = ['--listen 0.0.0.0:8443', '--group default=1', STATE.join(' ')];
  const tls = `--tls-client-ca ${CREDENTIALS}/fleet_devices-ca.pem --tls-match-id`;
  writeFileSync(join(machine.etc, 'fleet.conf'), `OPTIONS=${options.join(' ')} \\\n  ${tls}\n`);
  const ask = async (path: string, id = 'dev-a'): Promise<string> =>
    (await machine.tried('node', '/etc/lockbridge/ask.mjs', path, id)).join('');

  await machine.run('systemctl', 'enable', '--now', UNIT);
  const main = await machine.property('MainPID', UNIT);
  const log = async (): Promise<string> =>
    machine.run('journalctl', '--unit', UNIT, '--output', 'cat');
  try {
    await until(async () => (await ask('pre-reboot')).includes('"slot":0'));
  } catch (error) {
    throw new Error(await log(), { cause: error });
  }
  expect(await ask('pre-reboot', 'dev-b')).toContain('wrong_certificate');

  // What it can do: nothing. Who it is: nobody that there was before.
  const status = await machine.run('cat', `/proc/${main}/status`);
  expect(status).toMatch(/^CapBnd:\t0+$/m);
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  expect(Number(/^Uid:\t(\d+)/m.exec(status)?.[1])).toBeGreaterThan(60_000);

  await machine.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', UNIT);
  await until(async () => (await machine.property('NRestarts', UNIT)) === '1');
  const slots = await machine.run('lockbridge', 'fleet', 'slots', ...STATE);
  expect(slots).toMatch(/^default: 1 of 1 taken\n {2}slot 0 {2}dev-a /);
  const grant = /id ([0-9a-f]{12})/.exec(slots)?.[1] ?? '';
  expect(await machine.run('lockbridge', 'fleet', 'release', grant, ...STATE)).toContain('is free');
  await until(async () => (await ask('steady-state')).includes('"given_back":false'));

  await machine.run('systemctl', 'stop', UNIT);
  expect(await machine.property('ActiveState', UNIT)).toBe('inactive');
  expect(await machine.property('Result', UNIT)).toBe('success');
  expect(await log()).toContain('slot 0 taken by "dev-a"');
});
