// The daemon is killed (SIGKILL) at every step of an update under a slot, and at both ends of each request
// to the server. Whatever the step: the next daemon brings the update to its end, no service was stopped
// by an update while the device held no slot, and at the end the slot is free for others, who never held
// it at the same time.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { askFleet } from '../../src/fleet/client.js';
import { readJournal } from '../../src/supervisor/journal/read.js';
import { helperChild, type Child } from '../helpers/child.js';
import { sleeper } from '../helpers/daemon-api.js';
import { daemon, Place } from '../helpers/daemon.js';
import { fleetOf, FleetServer, type Fault, type Question } from '../helpers/fleet-server.js';
import { until } from '../helpers/scratch.js';

const MANY = 60;
const RIVAL = 'rival';
const STAGES = [
  'fleet: a slot of group',
  'take: ',
  'before stop',
  'before start',
  'applied: ',
  'fleet: release',
] as const;

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

  /** As whom it asks. */
  get id(): string {
    const state = readFileSync(join(this.place.dir, 'state/state.json'), 'utf8');
    return (JSON.parse(state) as { fleet: { id: string } }).fleet.id;
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
    const own = this.id;
    const ours = spans.filter(({ id }) => id === own);
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
    expect(this.server.holders.has(this.id), at).toBe(false);
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
  const kill = async (step: string): Promise<boolean> => {
    const release = `r${step.replaceAll(/\W/g, '-')}`;
    scene.configure(release);
    const at = await killedAt(scene, step);
    if (at === undefined) return false;
    steps.push(at);
    await scene.recovers(release, at);
    return true;
  };
  for (let step = 1; await kill(String(step)); step++) expect(step).toBeLessThan(MANY);
  // The rival comes in between, so that the same number is another step: each stage for sure.
  for (const stage of STAGES)
    if (!steps.some((at) => at.includes(` ${stage}`))) expect(await kill(stage), stage).toBe(true);
  expect(held()).toBeGreaterThan(0);
});

// `step`: its number, or how it begins.
async function killedAt(scene: Scene, step: string): Promise<string | undefined> {
  const child = scene.doomed(step);
  const ended = once(child.process, 'exit'); // its output stays open: the services have it too
  for (;;) {
    const line = await child.line();
    if (line.startsWith('(ended)')) throw new Error(line);
    if (line.startsWith(`${step} `) || line.replace(/^\d+ /, '').startsWith(step)) {
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

// Numbers from 0 to below 1 (mulberry32): a seed repeats what was decided, if not how fast it went.
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const FAULTS: readonly Fault[] = [
  'lose',
  'drop',
  'hang',
  (response) => response.writeHead(503).end('<html>'),
  (response) => response.writeHead(500).end('{"kind":"failed_lock","value":"etcd is away"}'),
  (response) => response.writeHead(409).end('x'.repeat(200_000)),
];

it(
  'two devices of one slot, a server that fails as it likes, and kills at any time',
  { timeout: 300_000 },
  async () => {
    const server = await FleetServer.start();
    const seed = Math.floor(Math.random() * 2 ** 31);
    const next = numbers(seed);
    const scenes = [new Scene(server), new Scene(server)];
    for (const scene of scenes) await scene.first();
    server.fault = () => (next() < 0.4 ? FAULTS[Math.floor(next() * FAULTS.length)] : undefined);
    const rounds = 5;
    await Promise.all(
      scenes.map(async (scene) => {
        for (let round = 1; round <= rounds; round++) {
          scene.configure(`r${String(round)}`);
          const child = scene.doomed('0');
          const ended = once(child.process, 'exit');
          const steps = Math.floor(next() * 25);
          for (let step = 0; step < steps; step++) if ((await child.line()).includes('back')) break;
          child.process.kill('SIGKILL');
          await ended;
        }
      }),
    );
    server.fault = undefined;
    const at = `seed ${String(seed)}`;
    await Promise.all(scenes.map(async (scene) => scene.recovers(`r${String(rounds)}`, at)));
    expect(server.holders.size, at).toBe(0);
    expect(server.mostHolders, at).toBe(1);
  },
);
