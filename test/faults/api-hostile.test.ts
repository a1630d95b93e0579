// More than 2,000 malformed and hostile requests over raw sockets: each is refused with a 4xx, none
// does anything, none ends the supervisor or leaves something behind.

import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, it } from 'vitest';
import { TestApi } from '../helpers/api.js';
import { attacks, CLASSES, type Attack } from '../helpers/hostile.js';
import { DEVICE_KEY, keyOf } from '../helpers/memory-supervisor.js';
import { until } from '../helpers/scratch.js';

const EACH = 100;
const AT_ONCE = 20;
const HEAP_MAY_GROW = 3 * 2 ** 20;

let collect: () => void = () => undefined;

beforeAll(() => {
  setFlagsFromString('--expose-gc');
  collect = runInNewContext('gc') as () => void;
});

/** All that the server says until the connection is over. */
async function attack(port: number, { bytes, then }: Attack): Promise<string> {
  const socket: Socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  let text = '';
  socket.setEncoding('latin1').on('data', (data: string) => (text += data));
  socket.on('error', () => undefined); // a reset by the server is one of its answers
  socket.once('end', () => socket.end());
  await new Promise((resolve) => socket.once('connect', resolve));
  for (const one of bytes) {
    socket.write(one);
    await new Promise(setImmediate);
  }
  if (then === 'reset') socket.resetAndDestroy();
  else if (then === 'answer') socket.end();
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

function statuses(text: string): number[] {
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}

async function run(api: TestApi, all: readonly Attack[]): Promise<void> {
  const left = [...all];
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const text = await attack(api.port, one);
      const got = statuses(text);
      const what = JSON.stringify(Buffer.concat(one.bytes).toString('latin1').slice(0, 400));
      if (got.length === 0 && one.silent !== true) expect.fail(`no answer to ${what}`);
      for (const status of got)
        if (!one.statuses.includes(status) && one.then !== 'reset')
          expect.fail(`${String(status)} instead of ${one.statuses.join()} for ${what}: ${text}`);
      expect(text).not.toMatch(/^access-control-/im);
      expect(text).not.toMatch(/\bat .+\.[jt]s:\d+/);
      expect(text).not.toContain(DEVICE_KEY);
      expect(text).not.toContain(keyOf('1'));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function socketsOpen(): number {
  return process.getActiveResourcesInfo().filter((one) => one === 'TCPSocketWrap').length;
}

for (const name of Object.keys(CLASSES))
  it(`${String(EACH)} of the class ${name} are refused, and nothing comes of them`, async () => {
    const api = await TestApi.start({ limits: { request: 200 } });
    await run(api, attacks(name, EACH));
    expect(api.supervisor.calls).toEqual([]);
    expect(api.warnings).toEqual([]);
    expect((await api.ask('GET /ping')).text).toBe('OK');
    await until(() => socketsOpen() === 0);
  });

it('all of them once more leave no socket, no stream and no memory behind', async () => {
  const api = await TestApi.start({ limits: { request: 200 } });
  const everything = Object.keys(CLASSES).flatMap((name) => attacks(name, 50));
  await run(api, everything); // what is made once, is made now
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 2; round++) await run(api, everything);
  await until(() => socketsOpen() === 0);
  const { text } = await api.ask('GET /metrics');
  expect(text).toMatch(/^lockbridge_event_streams 0$/m);
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(HEAP_MAY_GROW);
  expect(api.supervisor.listeners.size).toBe(2);
  expect([api.supervisor.calls, api.warnings]).toEqual([[], []]);
}, 120_000);
