// TLS towards devices and towards etcd, with certificates on both sides; and a user of etcd.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { etcdStore } from '../../src/fleet/store/etcd.js';
import { cli } from '../helpers/cli.js';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { scratch, until } from '../helpers/scratch.js';
import { Authority, type Pair } from './rig/certificates.js';
import { etcd, lacksEtcd, Member } from './rig/etcd.js';
import { FleetProcess } from './rig/server.js';

const lacksOpenssl = lacksCommand('openssl');

async function post(
  url: string,
  id: string,
  tls: { ca: string } & Partial<Pair>,
): Promise<{ status: number; kind: string }> {
  const [ca, cert, key] = [tls.ca, tls.cert, tls.key].map((file) =>
    file === undefined ? undefined : readFileSync(file),
  );
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/pre-reboot`, {
      method: 'POST',
      agent: false,
      ca,
      cert,
      key,
      headers: { 'fleet-lock-protocol': 'true' },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('error', reject);
      response.on('end', () => {
        const { kind = '' } = JSON.parse(text) as { kind?: string };
        resolve({ status: response.statusCode ?? 0, kind });
      });
    });
    sent.end(JSON.stringify({ client_params: { id, group: 'default' } }));
  });
}

function options(dir: string, { cert, key }: Pair): string[] {
  const tls = ['--tls-cert', cert, '--tls-key', key];
  return ['--state', join(dir, 'fleet.json'), '--group', 'default=3', ...tls];
}

itWith(lacksOpenssl, 'devices ask over TLS, and plain text gets nothing', async () => {
  const dir = scratch();
  const authority = new Authority(dir);
  const server = await FleetProcess.start(options(dir, authority.sign('server')));
  expect(server.address).toMatch(/^https:/);
  expect(await post(server.address, 'a', { ca: authority.ca })).toMatchObject({ status: 200 });
  const other = new Authority(dir, 'other');
  await expect(post(server.address, 'a', { ca: other.ca })).rejects.toThrow(/certificate/);
  const plain = fetch(server.address.replace('https', 'http')).then(() => 'answered');
  await expect(plain).rejects.toThrow();
});

itWith(
  lacksOpenssl,
  'with a client CA a device must show a certificate, and may be held to it',
  async () => {
    const dir = scratch();
    const authority = new Authority(dir);
    const { ca } = authority;
    const more = ['--tls-client-ca', ca, '--tls-match-id'];
    const server = await FleetProcess.start([...options(dir, authority.sign('server')), ...more]);
    const device = authority.sign('dev-a');
    expect(await post(server.address, 'dev-a', { ca, ...device })).toMatchObject({ status: 200 });
    expect(await post(server.address, 'dev-b', { ca, ...device })).toEqual({
      status: 403,
      kind: 'wrong_certificate',
    });
    await expect(post(server.address, 'dev-a', { ca })).rejects.toThrow();
    const stranger = new Authority(dir, 'other').sign('dev-a');
    await expect(post(server.address, 'dev-a', { ca, ...stranger })).rejects.toThrow();
  },
);

itWith(lacksOpenssl, 'a key that is not the one of the certificate is refused at the start', () => {
  const dir = scratch();
  const authority = new Authority(dir);
  const { cert } = authority.sign('server');
  const { key } = authority.sign('another');
  const args = [...options(dir, { cert, key }), '--listen', '127.0.0.1:0'];
  const said = cli('fleet', 'serve', ...args);
  expect(said).toMatchObject({ code: 64 });
  expect(said.err).toContain('the certificates cannot be used');
});

// To Node an empty list of authorities is none, and then all those of the system count.
itWith(
  lacksOpenssl,
  'what is no certificate is refused at the start, with the file or option',
  () => {
    const dir = scratch();
    const { cert, key } = new Authority(dir).sign('server');
    const file = (name: string, text: string): string => {
      writeFileSync(join(dir, name), text);
      return join(dir, name);
    };
    const [empty, begun] = [file('empty', ''), file('begun', '-----BEGIN CERTIFICATE-----\n')];
    const serve = ['serve', ...options(dir, { cert, key }), '--listen', '127.0.0.1:0'];
    const slots = ['slots', '--etcd', 'https://127.0.0.1:1'];
    for (const [args, says] of [
      [
        [...serve, '--tls-client-ca', empty],
        `cannot read '${empty}' of --tls-client-ca: it is not PEM`,
      ],
      [[...serve, '--tls-client-ca', begun], 'the certificates cannot be used'],
      [[...slots, '--etcd-ca', empty], `cannot read '${empty}' of --etcd-ca: it is not PEM`],
      [[...slots, '--etcd-ca', begun], 'the certificates for etcd cannot be used'],
      [[...slots, '--etcd-cert', cert], '--etcd-cert and --etcd-key go together'],
      [
        [...slots, '--etcd-cert', begun, '--etcd-key', key],
        'the certificates for etcd cannot be used',
      ],
      [['slots', '--etcd', 'http://127.0.0.1:1', '--etcd-ca', cert], 'for https:// only'],
    ] as const) {
      const said = cli('fleet', ...args);
      expect(said.err).toContain(says);
      expect(said.code).toBe(64);
    }
  },
);

itWith(lacksOpenssl, 'a request with rubbish behind it is no defect of the server', async () => {
  const dir = scratch();
  const authority = new Authority(dir);
  const more = ['--tls-client-ca', authority.ca, '--tls-match-id', '--status', '127.0.0.1:0'];
  const server = await FleetProcess.start([...options(dir, authority.sign('server')), ...more]);
  const [ca, cert, key] = [authority.ca, ...Object.values(authority.sign('dev-a'))].map((path) =>
    readFileSync(path),
  );
  const body = '{"client_params":{"id":"dev-a","group":"default"}}';
  const headers = `Host: x\r\nfleet-lock-protocol: true\r\nContent-Length: ${String(body.length)}`;
  const { hostname: host, port } = new URL(server.address);
  const socket = connect({ host, port: Number(port), ca, cert, key });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(`POST /v1/pre-reboot HTTP/1.1\r\n${headers}\r\n\r\n${body}rubbish\r\n\r\n`);
  await closed;
  const metrics = await (await fetch(`${server.status}/metrics`)).text();
  expect(metrics).toContain('result="wrong_certificate"} 1');
  expect(server.lines.join('\n')).not.toContain('failed');
});

itWith(
  lacksEtcd ?? lacksOpenssl,
  'etcd is asked over TLS, with a certificate',
  async () => {
    const dir = scratch();
    const authority = new Authority(dir);
    const address = `127.7.${String(process.pid % 250)}.${String((Date.now() % 250) + 1)}`;
    const { cert, key } = authority.sign('etcd', address);
    const spot = { client: `https://${address}:2379`, peer: `http://${address}:2380` };
    const member = new Member('m0', spot, [spot], dir, [
      ...['--cert-file', cert, '--key-file', key],
      ...['--client-cert-auth', '--trusted-ca-file', authority.ca],
    ]);
    onTestFinished(async () => member.kill());
    member.start();
    const ours = authority.sign('fleet');
    const tls = ['--etcd-ca', authority.ca, '--etcd-cert', ours.cert, '--etcd-key', ours.key];
    await until(() => cli('fleet', 'slots', '--etcd', spot.client, ...tls).code === 0);
    const without = cli('fleet', 'slots', '--etcd', spot.client, '--etcd-ca', authority.ca);
    expect(without.code).toBe(69);
    expect(without.err).toContain(`etcd does not answer (${spot.client})`);
  },
  60_000,
);

itWith(
  lacksEtcd,
  'etcd with users is asked as one of them, also when its token is over',
  async () => {
    const { members, endpoints } = await etcd(1, { more: ['--auth-token-ttl', '1'] });
    const [member] = members;
    const name = 'root';
    await member?.call('/v3/auth/user/add', { name, password: 'secret' });
    await member?.call('/v3/auth/role/add', { name });
    await member?.call('/v3/auth/user/grant', { user: name, role: name });
    await member?.call('/v3/auth/enable');
    const file = join(scratch(), 'password');
    writeFileSync(file, 'secret\n');
    const as = ['--etcd-user', name, '--etcd-password-file', file];
    expect(cli('fleet', 'slots', '--etcd', endpoints.join(), ...as)).toMatchObject({ code: 0 });
    const nobody = cli('fleet', 'slots', '--etcd', endpoints.join());
    expect(nobody.code).toBe(69);
    expect(nobody.err).toMatch(/refuses: .*user name is empty/);
    writeFileSync(file, 'wrong\n');
    expect(cli('fleet', 'slots', '--etcd', endpoints.join(), ...as).err).toMatch(/refuses: /);
    const store = etcdStore({ endpoints, user: { name, password: 'secret' } });
    onTestFinished(() => {
      store.close();
    });
    await store.all();
    await member?.kill(); // simple tokens are in memory only
    member?.start();
    await until(async () =>
      store.all().then(
        () => true,
        () => false,
      ),
    );
  },
);

itWith(
  lacksEtcd ?? lacksOpenssl,
  'and also when its token is of before the last change of users',
  async () => {
    const dir = scratch();
    const [key, pub] = [join(dir, 'jwt.key'), join(dir, 'jwt.pub')];
    execFileSync('openssl', ['genrsa', '-out', key, '2048'], { stdio: 'pipe' });
    execFileSync('openssl', ['rsa', '-in', key, '-pubout', '-out', pub], { stdio: 'pipe' });
    const token = `jwt,pub-key=${pub},priv-key=${key},sign-method=RS256,ttl=10m`;
    const { members, endpoints } = await etcd(1, { more: ['--auth-token', token] });
    const [member] = members;
    const root = { name: 'root', password: 'secret' };
    await member?.call('/v3/auth/user/add', root);
    await member?.call('/v3/auth/role/add', { name: 'root' });
    await member?.call('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await member?.call('/v3/auth/enable');
    const store = etcdStore({ endpoints, user: root });
    onTestFinished(() => {
      store.close();
    });
    expect(await store.all()).toEqual(new Map());
    const as = await member?.call<{ token: string }>('/v3/auth/authenticate', root);
    await member?.call('/v3/auth/user/add', { name: 'b', password: 'x' }, as?.token);
    expect(await store.all()).toEqual(new Map());
  },
);

it('an address that others can reach needs TLS, or to be asked for', async () => {
  const dir = scratch();
  const plain = ['--state', join(dir, 'fleet.json'), '--group', 'a=1', '--listen', '0.0.0.0:0'];
  expect(cli('fleet', 'serve', ...plain)).toMatchObject({ code: 64 });
  const server = await FleetProcess.start([...plain, '--plain-http']);
  expect(server.address).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
});
