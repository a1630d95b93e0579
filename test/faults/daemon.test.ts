// The daemon is killed (SIGKILL) at every step of an update, one after the other. Whatever the step:
// the next daemon finishes the update, no service was stopped without its lock, every service runs
// exactly once, nothing stays locked, and an app that locks in between is respected.

import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { helperChild, holder } from '../helpers/child.js';
import { daemon, Place } from '../helpers/daemon.js';
import { until } from '../helpers/scratch.js';

const SERVICE = fileURLToPath(new URL('../helpers/watched-service.sh', import.meta.url));
const NAMES = ['one', 'two'] as const;
const MANY = 100;

class Scene {
  readonly place = new Place();

  log(name: string): string {
    return join(this.place.dir, `${name}.log`);
  }

  configure(release: string): void {
    const service = (name: string): Record<string, unknown> => ({
      command: [SERVICE],
      environment: { RELEASE: release, LOG: this.log(name) },
      'stop-grace': '5s',
    });
    const services = { one: service('one'), two: service('two') };
    this.place.configure({ 7: { name: 'app', release, services } });
  }

  /** What the service has written: verb, pid, release. */
  said(name: string): { verb: string; pid: number; release: string }[] {
    if (!existsSync(this.log(name))) return [];
    return readFileSync(this.log(name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([verb = '', pid, release = '']) => ({ verb, pid: Number(pid), release }));
  }

  /** The runs of a service that live. */
  alive(name: string): { pid: number; release: string }[] {
    return this.said(name).filter(({ verb, pid }) => verb === 'started' && lives(pid));
  }

  /** Kills a daemon at that step of the update to `release`; the step, or undefined if it got there. */
  async killedAt(step: number): Promise<string | undefined> {
    const child = helperChild('doomed-daemon.mjs', [this.place.file, String(step)]);
    const ended = once(child.process, 'exit'); // its output stays open: the services have it too
    for (;;) {
      const line = await child.line();
      if (line.startsWith('(ended)')) throw new Error(line);
      if (line.startsWith(`${String(step)} `)) {
        expect(await ended).toEqual([null, 'SIGKILL']);
        return line;
      }
      if (/ release: /.test(line)) {
        // The locks are let go: the last step was before this one.
        child.process.kill('SIGTERM');
        await ended;
        return undefined;
      }
    }
  }
}

function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

it(
  'killed at any step of an update, a daemon leaves nothing that the next one does not put right',
  { timeout: 600_000 },
  async () => {
    const scene = new Scene();
    scene.configure('r0');
    const first = await daemon(scene.place);
    await first.entry('applied', 'release r0 runs');
    await first.end();
    const steps: string[] = [];
    for (let step = 1; ; step++) {
      expect(step).toBeLessThan(MANY);
      const release = `r${String(step)}`;
      scene.configure(release);
      const at = await scene.killedAt(step);
      if (at === undefined) break;
      steps.push(at);
      await recovers(scene, release, at);
    }
    // Every stage of an update was among them.
    for (const stage of ['target', 'take', 'before stop', 'after stop', 'before start', 'applied'])
      expect(steps.some((at) => at.includes(stage))).toBe(true);
  },
);

async function recovers(scene: Scene, release: string, at: string): Promise<void> {
  const { place } = scene;
  // An app locks while no daemon is there.
  const app = await holder(place.lock('7', 'two'));
  const before = scene.alive('two');
  const next = await daemon(place);
  await until(async () => {
    const [seen] = (await next.status()).apps;
    return seen !== undefined && ['waiting', 'idle'].includes(seen.update.state);
  });
  // Its service was not touched, and the other one runs, old or new.
  if (before.length > 0) expect(scene.alive('two'), at).toEqual(before);
  await until(() => scene.alive('one').length === 1);
  await app.finish();
  await until(async () => {
    const [seen] = (await next.status()).apps;
    return seen?.release === release && seen.update.state === 'idle';
  });
  for (const name of NAMES) {
    await until(() => scene.alive(name).length === 1);
    expect(scene.alive(name)[0]?.release, at).toBe(release);
    expect(
      scene.said(name).filter(({ verb }) => verb === 'UNLOCKED'),
      at,
    ).toEqual([]);
    // The release is on record a moment before the locks are let go.
    await until(() => readdirSync(place.lockDir('7', name)).length === 0);
  }
  await next.end();
}
