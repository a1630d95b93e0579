// The daemon is killed (SIGKILL) at every step of an update under a slot, and at both ends of each request
// to the server. Whatever the step: the next daemon brings the update to its end, no service was stopped
// by an update while the device held no slot, and at the end the slot is free for others, who never held
// it at the same time.

import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { askFleet } from '../../src/fleet/client.js';
import { readJournal } from '../../src/supervisor/journal/read.js';
import { helperChild, type Child } from '../helpers/child.js';
import { sleeper } from '../helpers/daemon-api.js';
import { daemon, Place } from '../helpers/daemon.js';
import { fleetOf, FleetServer, type Question } from '../helpers/fleet-server.js';
import { until } from '../helpers/scratch.js';

const MANY = 60;
const RIVAL = 'rival';

/** Another device, which takes the one slot whenever it gets it, for a moment. */
function rival(server: FleetServer): { held: () => number } {
  const stop = new AbortController();
  const place = { server: server.url, group: 'default', id: RIVAL };
  let held = 0;
  const running = (async () => {
    while (!stop.signal.aborted) {
      const { kind } = await askFleet('pre-reboot', place, { timeout: 5000 });
      if (kind === 'ok') held++;
      await delay(20);
      if (kind === 'ok') await askFleet('steady-state', place, { timeout: 5000 });
      await delay(200);
    }
  })();
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  return { held: () => held };
}

class Scene {
  readonly place = new Place();
  readonly server: FleetServer;

  constructor(server: FleetServer) {
    this.server = server;
    this.configure('r0');
  }

  configure(release: string): void {
    const services = { one: sleeper({ environment: { RELEASE: release } }) };
    const settings = fleetOf(this.server, { retry: '100ms', 'healthy-after': '100ms' });
    this.place.configure({ 7: { release, services } }, settings);
  }

  async first(): Promise<void> {
    const first = await daemon(this.place);
    await first.entry('applied', 'release r0 runs');
    await first.end();
  }

  doomed(step: string): Child {
    return helperChild('doomed-daemon.mjs', [this.place.file, step]);
  }

  /** Whoever held the slot, held it alone, and our services were stopped under it. */
  async judge(at: string): Promise<void> {
    const { spans } = this.server;
    for (const one of spans)
      for (const other of spans)
        if (one !== other)
          expect(one.from >= other.to || other.from >= one.to, `two at once: ${at}`).toBe(true);
    const entries = await readJournal(join(this.place.dir, 'state/journal'), { most: 10_000 });
    const ours = spans.filter(({ id }) => id !== RIVAL);
    for (const { kind, text, at: when } of entries) {
      if (kind !== 'stop') continue;
      const time = Date.parse(when);
      const under = ours.some(({ from, to }) => from <= time && time <= to);
      expect(under, `${text} without a slot: ${at}`).toBe(true);
    }
  }

  /** A daemon that is not killed brings it to its end. */
  async recovers(release: string, at: string): Promise<void> {
    const next = await daemon(this.place);
    await until(async () => {
      const { apps, fleet } = await next.status();
      const [app] = apps;
      const idle = app?.release === release && app.update.state === 'idle';
      return idle && fleet?.state === 'none';
    });
    const ours = [...this.server.holders].filter((id) => id !== RIVAL);
    expect(ours, at).toEqual([]);
    await this.judge(at);
    await next.end();
  }
}

it('killed at any step, a daemon loses no slot and keeps none', { timeout: 600_000 }, async () => {
  const server = await FleetServer.start();
  const scene = new Scene(server);
  await scene.first();
  const { held } = rival(server);
  const steps: string[] = [];
  for (let step = 1; ; step++) {
    expect(step).toBeLessThan(MANY);
    const release = `r${String(step)}`;
    scene.configure(release);
    const at = await killedAt(scene, step);
    if (at === undefined) break;
    steps.push(at);
    await scene.recovers(release, at);
  }
  const stages = ['is granted', 'take', 'before stop', 'before start', 'applied', 'is healthy'];
  for (const stage of stages) expect(steps.some((at) => at.includes(stage))).toBe(true);
  expect(held()).toBeGreaterThan(0);
});

async function killedAt(scene: Scene, step: number): Promise<string | undefined> {
  const child = scene.doomed(String(step));
  const ended = once(child.process, 'exit'); // its output stays open: the services have it too
  for (;;) {
    const line = await child.line();
    if (line.startsWith('(ended)')) throw new Error(line);
    if (line.startsWith(`${String(step)} `)) {
      expect(await ended).toEqual([null, 'SIGKILL']);
      return line;
    }
    if (line.includes('is given back')) {
      child.process.kill('SIGTERM');
      await ended;
      return undefined;
    }
  }
}

it.each<[what: string, question: Question, how: 'drop' | 'lose']>([
  ['before its request for a slot arrives', 'pre-reboot', 'drop'],
  ['before it hears that it has a slot', 'pre-reboot', 'lose'],
  ['before the slot is given back', 'steady-state', 'drop'],
  ['before it hears that the slot is given back', 'steady-state', 'lose'],
])('killed %s, neither is a slot lost', { timeout: 60_000 }, async (what, question, how) => {
  const server = await FleetServer.start();
  const scene = new Scene(server);
  await scene.first();
  scene.configure('r1');
  const child = scene.doomed('0');
  const ended = once(child.process, 'exit');
  server.fault = (asked) => {
    if (asked !== question || child.process.killed) return undefined;
    child.process.kill('SIGKILL');
    return how;
  };
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(server.holders.size).toBe(
    ['pre-reboot lose', 'steady-state drop'].includes(`${question} ${how}`) ? 1 : 0,
  );
  await scene.recovers('r1', what);
});

it('a target that is taken back while the daemon is dead: what was asked for is given back', async () => {
  const server = await FleetServer.start();
  const scene = new Scene(server);
  await scene.first();
  scene.configure('r1');
  const child = scene.doomed('0');
  const ended = once(child.process, 'exit');
  server.fault = (asked) => {
    if (asked !== 'pre-reboot') return undefined;
    child.process.kill('SIGKILL');
    return 'lose';
  };
  await ended;
  server.fault = undefined;
  expect(server.holders.size).toBe(1);
  scene.configure('r0');
  await scene.recovers('r0', 'taken back');
  expect(server.count('pre-reboot')).toBe(1);
});
