// One request of the fleet's client, whatever is at the other end: hung, lying, talking without end,
// somebody else. It says one of three things, in time.

import { copyFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askFleet, type FleetAnswer, type FleetPlace } from '../../src/fleet/client.js';
import { Pace, retryAfterOf } from '../../src/fleet/client-pace.js';
import { Authority, serverTls } from '../helpers/certificates.js';
import { started, sleeper } from '../helpers/daemon-api.js';
import { fleetOf, FleetServer } from '../helpers/fleet-server.js';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';

const GENEROUS = { timeout: 20_000 };
const place = (server: string, more: Partial<FleetPlace> = {}): FleetPlace => ({
  ...{ server, group: 'default', id: 'device-1' },
  ...more,
});

/** The answer to a request for a slot that a server treats so. */
async function answerOf(
  fault: (response: ServerResponse) => void,
  limits: { timeout: number; line?: boolean } = GENEROUS,
): Promise<FleetAnswer> {
  const server = await FleetServer.start();
  server.fault = () => fault;
  return askFleet('pre-reboot', place(server.url), limits);
}

/** A server of bytes. */
async function raw(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  ((response) => {
    response.writeHead(status, headers).end(JSON.stringify(body));
  }) as (response: ServerResponse) => void;

it('takes a slot and gives it back, in the words of the protocol, also below a path', async () => {
  const server = await FleetServer.start();
  const there = place(`${server.url}/base/`, { group: 'line-3' });
  expect((await askFleet('pre-reboot', there, GENEROUS)).kind).toBe('ok');
  expect([...server.holders]).toEqual(['device-1']);
  expect((await askFleet('steady-state', there, GENEROUS)).kind).toBe('ok');
  expect(server.asked.map(({ question, group, holds }) => [question, group, holds])).toEqual([
    ['pre-reboot', 'line-3', true],
    ['steady-state', 'line-3', false],
  ]);
});

it('it says how long it would wait in line for a slot, and that it leaves time to answer', async () => {
  const said: unknown[] = [];
  const listen = (response: ServerResponse): void => {
    said.push(response.req.headers['prefer']);
    response.writeHead(200).end();
  };
  await answerOf(listen, { timeout: 30_000 });
  await answerOf(listen, { timeout: 30_000, line: true });
  await answerOf(listen, { timeout: 10_900, line: true });
  expect(said).toEqual([undefined, 'wait=20', undefined]);
});

it('a refusal is told in the words of the server, made safe for a terminal', async () => {
  const refusal = { kind: 'slots_taken', value: 'taken by \u001b[31mpress-3\u0007\nand others' };
  expect(await answerOf(json(409, refusal))).toEqual({
    kind: 'refused',
    text: 'taken by ?[31mpress-3??and others',
  });
  const short = await answerOf(json(409, { kind: 'slots_taken', value: ' ' }));
  expect(short.text).toBe('slots_taken');
  const long = await answerOf(json(409, { kind: 'k', value: 'x'.repeat(9000) }));
  expect(long.text).toHaveLength(500);
});

// Where the policy is to go on without a server, a full group must not look like none.
it.each([400, 404, 409, 423, 429, 500, 502, 503, 504])(
  'an error of the protocol is a refusal, whatever its status (%i)',
  async (status) => {
    const { kind, text } = await answerOf(json(status, { kind: 'k', value: 'the group is full' }));
    expect([kind, text]).toEqual(['refused', 'the group is full']);
  },
);

it.each<[number, FleetAnswer['kind']]>([
  [301, 'refused'],
  [401, 'refused'],
  [404, 'refused'],
  [500, 'refused'],
  [502, 'unreachable'],
  [503, 'unreachable'],
  [504, 'unreachable'],
])('an answer %i without one is %s', async (status, kind) => {
  const answer = await answerOf((response) => response.writeHead(status).end('<html>'));
  expect(answer).toEqual({
    kind,
    text: `the answer is ${String(status)} without an error of FleetLock`,
  });
});

it('a redirect is not followed', async () => {
  const other = await FleetServer.start();
  const { kind } = await answerOf((response) =>
    response.writeHead(307, { location: `${other.url}/v1/pre-reboot` }).end(),
  );
  expect(kind).toBe('refused');
  expect(other.asked).toEqual([]);
});

describe('an answer without end', () => {
  const flood = (status: number) => (response: ServerResponse) => {
    response.writeHead(status);
    const chunk = Buffer.alloc(2 ** 20, '{');
    let left = 200;
    const more = (): void => {
      while (left-- > 0 && response.write(chunk));
      if (left <= 0) response.end();
    };
    response.on('drain', more);
    more();
  };

  it('that is a yes is not read', async () => {
    expect((await answerOf(flood(200))).kind).toBe('ok');
  });

  it('that is a no is read as far as 64 KiB', async () => {
    expect(await answerOf(flood(409))).toEqual({
      kind: 'refused',
      text: 'the answer is 409 without an error of FleetLock',
    });
  });

  it('that stops in the middle is a no all the same, when the time is over', async () => {
    const answer = await answerOf(
      (response) => response.writeHead(409).write('{"kind":"slots_tak'),
      { timeout: 300 },
    );
    expect(answer.kind).toBe('refused');
  });

  it('of headers is cut', async () => {
    const url = await raw((socket) => {
      socket.write('HTTP/1.1 409 Conflict\r\n');
      const more = (): void => {
        while (!socket.destroyed && socket.write(`a: ${'x'.repeat(4000)}\r\n`));
      };
      socket.on('drain', more);
      more();
    });
    expect((await askFleet('pre-reboot', place(url), GENEROUS)).kind).toBe('unreachable');
  });
});

describe('nobody is there', () => {
  it('who listens', async () => {
    const server = await FleetServer.start();
    await server.stop();
    const { kind, text } = await askFleet('pre-reboot', place(server.url), GENEROUS);
    expect(kind).toBe('unreachable');
    expect(text).toContain('ECONNREFUSED');
  });

  it('who answers in time', async () => {
    const server = await FleetServer.start();
    server.fault = () => 'hang';
    const { kind, text } = await askFleet('pre-reboot', place(server.url), { timeout: 300 });
    expect([kind, text]).toEqual(['unreachable', 'no answer within 0.3 s']);
  });

  it('who ends a line', async () => {
    const url = await raw((socket) => {
      const timer = setInterval(() => socket.write('H'), 20);
      socket.on('close', () => {
        clearInterval(timer);
      });
    });
    expect((await askFleet('pre-reboot', place(url), { timeout: 300 })).kind).toBe('unreachable');
  });

  it('who speaks HTTP', async () => {
    const url = await raw((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    expect((await askFleet('pre-reboot', place(url), GENEROUS)).kind).toBe('unreachable');
  });

  it('who stays with HTTP', async () => {
    const url = await raw((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    const { kind, text } = await askFleet('pre-reboot', place(url), GENEROUS);
    expect([kind, text]).toEqual(['unreachable', 'the connection was closed without an answer']);
  });

  it('who lets the answer through', async () => {
    const server = await FleetServer.start();
    server.fault = () => 'lose';
    expect((await askFleet('pre-reboot', place(server.url), GENEROUS)).kind).toBe('unreachable');
    expect(server.holders.size).toBe(1); // which is why a slot is on record before it is asked for
  });

  it('of that name', async () => {
    const { kind } = await askFleet('pre-reboot', place('http://nobody.invalid'), GENEROUS);
    expect(kind).toBe('unreachable');
  });

  it('and the daemon ends', async () => {
    const server = await FleetServer.start();
    server.fault = () => 'hang';
    const stop = new AbortController();
    const answer = askFleet('pre-reboot', place(server.url), { ...GENEROUS, signal: stop.signal });
    stop.abort();
    expect(await answer).toEqual({ kind: 'unreachable', text: 'the daemon ends' });
  });
});

describe('when a device asks again', () => {
  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['7', 7000],
    ['0', 1000],
    ['31536000', 900_000],
    ['-5', undefined],
    ['Thu, 01 Jan 1970 00:02:00 GMT', 60_000],
    ['Thu, 01 Jan 1970 00:00:10 GMT', 1000],
    ['soon', undefined],
  ])('Retry-After: %s is %s ms', (header, wait) => {
    expect(retryAfterOf(header, 60_000)).toBe(wait);
  });

  it('is what the server says, and a little more', async () => {
    const refusal = { kind: 'slots_taken', value: 'full' };
    const { retryAfter } = await answerOf(json(409, refusal, { 'retry-after': '8' }));
    expect(retryAfter).toBe(8000);
    const wait = new Pace('a', 30_000).after({ kind: 'refused', retryAfter: 8000 });
    expect(wait).toBeGreaterThanOrEqual(8000);
    expect(wait).toBeLessThan(10_000);
  });

  it('differs from device to device and spreads a herd evenly, and is the same in every run', () => {
    const waits = Array.from({ length: 2000 }, (_, nth) =>
      new Pace(`device-${String(nth)}`, 40_000).first(),
    );
    const tenths = Array.from(
      { length: 10 },
      (_, at) => waits.filter((wait) => Math.floor(wait / 1000) === at).length,
    );
    for (const count of tenths) expect(Math.abs(count - 200)).toBeLessThan(80);
    expect(new Pace('device-7', 40_000).first()).toBe(waits[7]);
  });

  it('is put off while nobody answers, up to five minutes and a half of that', () => {
    const pace = new Pace('a', 30_000);
    const waits = Array.from({ length: 12 }, () => pace.after({ kind: 'unreachable' }));
    const bounds = waits.map((_, nth) => Math.min(30_000 * 2 ** nth, 300_000));
    for (const [nth, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual((bounds[nth] ?? 0) / 2);
      expect(wait).toBeLessThan((bounds[nth] ?? 0) * 1.5);
    }
    pace.reset();
    expect(pace.after({ kind: 'unreachable' })).toBeLessThan(45_000);
  });
});

describe('TLS', () => {
  const missing = lacksCommand('openssl');

  itWith(missing, 'a server that the CA file vouches for is asked, and no other', async () => {
    const [ours, others] = [new Authority(), new Authority()];
    const server = await FleetServer.start(serverTls(ours.sign('localhost')));
    const asked = async (more: Partial<FleetPlace>): Promise<FleetAnswer> =>
      askFleet('pre-reboot', place(server.url, more), GENEROUS);
    expect((await asked({ caFile: ours.cert })).kind).toBe('ok');
    server.holders.clear();
    for (const more of [{ caFile: others.cert }, {}]) {
      const { kind, text } = await asked(more);
      expect(kind).toBe('unreachable');
      expect(text).toMatch(/certificate/);
    }
    expect(server.holders.size).toBe(0);
  });

  itWith(missing, 'the name must be the one in the certificate', async () => {
    const ours = new Authority();
    const server = await FleetServer.start(serverTls(ours.sign('fleet.example')));
    const there = place(server.url, { caFile: ours.cert });
    const { kind, text } = await askFleet('pre-reboot', there, GENEROUS);
    expect(kind).toBe('unreachable');
    expect(text).toContain('localhost');
  });

  itWith(missing, 'a server that wants to know who asks is shown a certificate', async () => {
    const ours = new Authority();
    const server = await FleetServer.start(serverTls(ours.sign('localhost'), ours));
    const { cert: certFile, key: keyFile } = ours.sign('device-1');
    const there = place(server.url, { caFile: ours.cert });
    expect((await askFleet('pre-reboot', there, GENEROUS)).kind).toBe('unreachable');
    const known = { ...there, certFile, keyFile };
    expect((await askFleet('pre-reboot', known, GENEROUS)).kind).toBe('ok');
  });

  itWith(missing, 'a file that is renewed counts from the next request on', async () => {
    const ours = new Authority();
    const server = await FleetServer.start(serverTls(ours.sign('localhost')));
    const caFile = join(scratch(), 'ca.pem');
    copyFileSync(new Authority().cert, caFile);
    const there = place(server.url, { caFile });
    expect((await askFleet('pre-reboot', there, GENEROUS)).kind).toBe('unreachable');
    copyFileSync(ours.cert, caFile);
    expect((await askFleet('pre-reboot', there, GENEROUS)).kind).toBe('ok');
    writeFileSync(caFile, 'nothing');
    const { kind, text } = await askFleet('pre-reboot', there, GENEROUS);
    expect(kind).toBe('unreachable');
    expect(text).toContain(`cannot use the ca-file '${caFile}'`);
  });

  itWith(missing, 'a daemon updates under a slot of such a server', async () => {
    const ours = new Authority();
    const server = await FleetServer.start(serverTls(ours.sign('localhost'), ours));
    const { cert, key } = ours.sign('device-1');
    const files = { 'ca-file': ours.cert, 'cert-file': cert, 'key-file': key };
    const release = (name: string): Record<string, unknown> => ({
      7: { release: name, services: { one: sleeper({ environment: { R: name } }) } },
    });
    const { place: there, supervisor } = await started(release('a'), fleetOf(server, files));
    there.configure(release('b'));
    await supervisor.entry('fleet', 'is given back');
    expect(server.asked.map(({ question }) => question)).toEqual(['pre-reboot', 'steady-state']);
  });
});
