// Event streams and counts: what is told to those who listen.

import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TestApi } from '../../helpers/api.js';
import { blocker, DEVICE_KEY, fleetStatus, keyOf, SINCE } from '../../helpers/memory-supervisor.js';
import { until } from '../../helpers/scratch.js';

class Listener {
  readonly response: IncomingMessage;
  readonly #request: ClientRequest;
  text = '';

  private constructor(sent: ClientRequest, response: IncomingMessage) {
    this.#request = sent;
    this.response = response;
    response.setEncoding('utf8').on('error', () => undefined);
  }

  /** Listens; `reads: false` opens the stream and takes nothing out of it. */
  static async to(
    api: TestApi,
    options: { key?: string; reads?: boolean } = {},
  ): Promise<Listener> {
    const { key = DEVICE_KEY, reads = true } = options;
    const at = { host: '127.0.0.1', port: api.port, path: `/events?apikey=${key}`, agent: false };
    return new Promise((resolve, reject) => {
      const sent = get(at, (response) => {
        const listener = new Listener(sent, response);
        if (reads) response.on('data', (data: string) => (listener.text += data));
        resolve(listener);
      });
      sent.on('error', reject);
      onTestFinished(() => void sent.destroy());
    });
  }

  get events(): [event: string, data: unknown][] {
    return [...this.text.matchAll(/event: (.*)\ndata: (.*)\n\n/g)].map(
      ([, event = '', data = '']) => [event, JSON.parse(data)],
    );
  }

  leave(): void {
    this.#request.destroy();
  }
}

describe('/events', () => {
  it('tells what happens from the moment that it answers', async () => {
    const api = await TestApi.start();
    const listener = await Listener.to(api);
    expect(listener.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    api.supervisor.log('take', 'taken\nin two lines', '1');
    const update = { state: 'waiting' as const, since: SINCE, blockers: [blocker('1', 'main')] };
    api.supervisor.move('1', update);
    await until(() => listener.events.length === 2);
    expect(listener.events).toEqual([
      ['journal', { at: SINCE, kind: 'take', text: 'taken\nin two lines', app: '1' }],
      ['update', { app: '1', update }],
    ]);
  });

  it('tells an app only of itself', async () => {
    const api = await TestApi.start();
    const listener = await Listener.to(api, { key: keyOf('1') });
    api.supervisor.log('notice', 'of two', '2');
    api.supervisor.log('notice', 'of the device');
    api.supervisor.move('2', { state: 'waiting', since: SINCE });
    api.supervisor.log('notice', 'of one', '1');
    await until(() => listener.events.length > 0);
    expect(listener.events).toMatchObject([['journal', { text: 'of one' }]]);
  });

  it('shows signs of life', async () => {
    const api = await TestApi.start({ limits: { heartbeat: 10 } });
    const listener = await Listener.to(api);
    await until(() => listener.text.startsWith(':\n\n:\n\n:\n\n'));
  });

  it('has 64 readers at the most, and room again when one leaves', async () => {
    const api = await TestApi.start();
    const all: Listener[] = [];
    for (let n = 0; n < 64; n++) all.push(await Listener.to(api));
    const refused = await api.ask('GET /events');
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.text)).toMatchObject({ kind: 'too-many-streams' });
    expect((await api.ask('GET /ping')).status).toBe(200);
    all[7]?.leave();
    await until(
      async () => (await Listener.to(api).catch(() => undefined))?.response.statusCode === 200,
    );
  });

  it('cuts a reader that does not read, and the others hear everything', async () => {
    const api = await TestApi.start();
    const idle = await Listener.to(api, { reads: false });
    const ended = new Promise((resolve) => idle.response.once('close', resolve));
    const keen = await Listener.to(api);
    const text = 'x'.repeat(10_000);
    let told = 0;
    // The kernel takes some megabytes for a reader that is asleep before anything waits with us.
    while ((await streamsLeft(api)) > 1 && told < 4_000) {
      for (let n = 0; n < 20; n++, told++) api.supervisor.log('notice', `${String(told)} ${text}`);
      await until(() => keen.events.length === told);
    }
    expect(told).toBeLessThan(4_000);
    idle.response.resume();
    await ended;
    api.supervisor.log('notice', 'after');
    await until(() => keen.events.length === told + 1);
    expect(keen.response.destroyed).toBe(false);
  });

  it('stays well while readers come and go and much happens', async () => {
    const api = await TestApi.start();
    const request = `GET /events?apikey=${DEVICE_KEY} HTTP/1.1\r\nHost: a\r\n\r\n`;
    let left = 200;
    const comeAndGo = async (): Promise<void> => {
      while (left-- > 0) {
        const socket = await api.raw();
        socket.write(request);
        if (left % 3 > 0) await new Promise((resolve) => socket.once('data', resolve));
        if (left % 2 > 0) socket.resetAndDestroy();
        else socket.destroy();
      }
    };
    let over = false;
    const all = Promise.all(Array.from({ length: 8 }, comeAndGo)).finally(() => (over = true));
    while (!over) {
      api.supervisor.log('notice', 'x'.repeat(5_000));
      await new Promise(setImmediate);
    }
    await all;
    await until(async () => (await streamsLeft(api)) === 0);
    expect(api.warnings).toEqual([]);
  });

  it('ends with the API', async () => {
    const api = await TestApi.start();
    const listener = await Listener.to(api);
    const ended = new Promise((resolve) => listener.response.once('end', resolve));
    await api.api.close();
    await ended;
  });

  it('is one for each connection, and leaves nothing when that breaks', async () => {
    const api = await TestApi.start({ limits: { streams: 3 } });
    const line = `GET /events?apikey=${DEVICE_KEY} HTTP/1.1\r\nHost: a\r\n\r\n`;
    for (let n = 0; n < 5; n++) {
      const socket = await api.raw();
      socket.write(line.repeat(20));
      await new Promise((resolve) => socket.once('data', resolve));
      socket.destroy();
      await until(async () => (await streamsLeft(api)) === 0);
    }
    expect((await Listener.to(api)).response.statusCode).toBe(200);
  });
});

async function metric(api: TestApi, series: string): Promise<number> {
  const { text } = await api.ask('GET /metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? NaN : Number(line.slice(series.length));
}

async function streamsLeft(api: TestApi): Promise<number> {
  return metric(api, 'lockbridge_event_streams');
}

describe('the slot of the fleet', () => {
  it('is told to whoever has the key of the device, and counted', async () => {
    const api = await TestApi.start();
    expect(await metric(api, 'lockbridge_fleet_state{state="waiting"}')).toBeNaN();
    expect(await metric(api, 'lockbridge_fleet_state_since_seconds')).toBeNaN();
    const [device, app] = [await Listener.to(api), await Listener.to(api, { key: keyOf('1') })];
    const data = fleetStatus();
    api.supervisor.fleet = data;
    for (const listener of api.supervisor.listeners) listener({ event: 'fleet', data });
    api.supervisor.log('notice', 'after it', '1');
    await until(() => app.events.length > 0 && device.events.length > 1);
    expect(device.events[0]).toEqual(['fleet', data]);
    expect(app.events.map(([event]) => event)).toEqual(['journal']);
    expect(await metric(api, 'lockbridge_fleet_state{state="waiting"}')).toBe(1);
    expect(await metric(api, 'lockbridge_fleet_state{state="held"}')).toBe(0);
    expect(await metric(api, 'lockbridge_fleet_state_since_seconds')).toBe(
      Date.parse(SINCE) / 1000,
    );
    const refused = 'lockbridge_fleet_requests_total{request="pre-reboot",result="refused"}';
    expect(await metric(api, refused)).toBe(2);
    expect(await metric(api, refused)).toBe(2); // asked for twice, counted once
  });
});

describe('/metrics', () => {
  it('is text that Prometheus reads', async () => {
    const api = await TestApi.start();
    const { headers, text } = await api.ask('GET /metrics');
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const line of text.split('\n'))
      expect(line).toMatch(
        /^$|^# (?:HELP|TYPE) lockbridge_\w+ .+$|^lockbridge_\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? [0-9.e+-]+$/,
      );
  });

  it('counts locks that are held, by app and by whose they are', async () => {
    const api = await TestApi.start();
    const free = { ...blocker('2', 'only'), verdict: 'free' as const };
    const ours = { ...blocker('1', 'side'), supervisor: true as const };
    api.supervisor.blockers = [blocker('1', 'main'), ours, free];
    expect(await metric(api, 'lockbridge_locks_held{app="1",owner="app"}')).toBe(1);
    expect(await metric(api, 'lockbridge_locks_held{app="1",owner="supervisor"}')).toBe(1);
    api.supervisor.blockers = [];
    expect(await metric(api, 'lockbridge_locks_held{app="1",owner="app"}')).toBeNaN();
  });

  it('counts a wait once, however often who is in the way changes, and how long it took', async () => {
    const api = await TestApi.start();
    const waiting = { state: 'waiting' as const, since: SINCE };
    for (let n = 0; n < 3; n++) api.supervisor.move('1', waiting);
    expect(await metric(api, 'lockbridge_update_waits_total')).toBe(1);
    expect(await metric(api, 'lockbridge_update_wait_seconds_count')).toBe(0);
    api.supervisor.move('1', { state: 'applying', since: SINCE });
    api.supervisor.move('1', { state: 'idle', since: SINCE });
    expect(await metric(api, 'lockbridge_update_wait_seconds_count')).toBe(1);
    expect(await metric(api, 'lockbridge_update_wait_seconds_sum')).toBeGreaterThan(0);
    api.supervisor.move('1', waiting);
    expect(await metric(api, 'lockbridge_update_waits_total')).toBe(2);
  });

  it('counts overrides, losses, and how updates end', async () => {
    const api = await TestApi.start();
    for (const kind of ['override', 'loss', 'loss', 'applied', 'gave-up', 'notice'] as const)
      api.supervisor.log(kind, kind, '1');
    expect(await metric(api, 'lockbridge_overrides_total')).toBe(1);
    expect(await metric(api, 'lockbridge_losses_total')).toBe(2);
    expect(await metric(api, 'lockbridge_updates_total{result="applied"}')).toBe(1);
    expect(await metric(api, 'lockbridge_updates_total{result="gave-up"}')).toBe(1);
  });

  it('counts operations by what became of them', async () => {
    const api = await TestApi.start();
    await api.ask('POST /v2/applications/1/restart');
    api.supervisor.blockers = [blocker('1', 'main')];
    await api.ask('POST /v2/applications/1/restart');
    await api.ask('POST /v2/applications/7/restart');
    for (const result of ['ok', 'locked', 'not-found'])
      expect(
        await metric(api, `lockbridge_operations_total{operation="restart",result="${result}"}`),
      ).toBe(1);
  });
});
