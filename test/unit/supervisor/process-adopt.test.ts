// A driver that is killed at any step, and the next one, which finds what runs and nothing else.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Instance } from '../../../src/supervisor/drivers/types.js';
import { epoch, processAt } from '../../../src/supervisor/drivers/process/table.js';
import { scratch, until } from '../../helpers/scratch.js';
import { takeWarnings } from '../../helpers/warnings.js';
import { driverOf, DriverProcess, request, runs, sh, written } from '../../helpers/services.js';

const SLEEP = ['sleep', '1000'];

describe('a driver that is killed', () => {
  it('before the process is on record leaves nothing that runs', async () => {
    const state = scratch();
    const killed = new DriverProcess(state);
    const pid = await killed.do<number>({
      do: 'steps',
      request: request(state, SLEEP),
      last: 'launched',
    });
    await killed.end('SIGKILL');
    await until(() => !runs(pid));
    expect(await driverOf(state).list()).toEqual([]);
  });

  it('before the order is given leaves a process that the next one ends and forgets', async () => {
    const state = scratch();
    const killed = new DriverProcess(state);
    const order = request(state, sh('echo ran > "$1"', join(state, 'out')));
    const pid = await killed.do<number>({ do: 'steps', request: order, last: 'recorded' });
    // Nothing of the service is where everybody can read it.
    const seen = ['cmdline', 'environ'].map((name) =>
      readFileSync(`/proc/${String(pid)}/${name}`, 'utf8'),
    );
    expect(seen.join('')).not.toContain(state);
    await killed.end('SIGKILL');
    expect(await driverOf(state).list()).toEqual([]);
    expect(runs(pid)).toBe(false);
    expect(readdirSync(state).sort()).toEqual(['locks', 'processes']);
    expect(readdirSync(join(state, 'processes'))).toEqual([]);
  });

  it('while the order is carried out leaves a service that is known, or none', async () => {
    const state = scratch();
    const killed = new DriverProcess(state);
    const order = request(state, SLEEP);
    const pid = await killed.do<number>({ do: 'steps', request: order, last: 'ordered' });
    await killed.end('SIGKILL');
    const found = await driverOf(state).list();
    expect(found.map((instance) => instance.pid)).toEqual(runs(pid) ? [pid] : []);
  });

  it('before the record says that it runs leaves a service that the next one knows', async () => {
    const state = scratch();
    const killed = new DriverProcess(state);
    const order = request(state, SLEEP);
    const pid = await killed.do<number>({ do: 'steps', request: order, last: 'executed' });
    await killed.end('SIGKILL');
    expect(await driverOf(state).list()).toMatchObject([{ pid, state: 'running', release: 'r1' }]);
    expect(runs(pid)).toBe(true);
  });

  it('later leaves a service that the next one lists, hears end, and stops', async () => {
    const state = scratch();
    const killed = new DriverProcess(state);
    const one = await killed.do<Instance>({ do: 'start', request: request(state, SLEEP) });
    const other = request(state, SLEEP, { name: 'two' });
    const two = await killed.do<Instance>({ do: 'start', request: other });
    await killed.end('SIGKILL');

    const next = new DriverProcess(state);
    const found = await next.do<Instance[]>({ do: 'list' });
    expect(found).toEqual(expect.arrayContaining([one, two]));
    expect(found).toHaveLength(2);
    process.kill(one.pid ?? 0, 'SIGKILL');
    const { pid: _, ...ended } = { ...one, state: 'exited' };
    expect(await next.exit()).toMatchObject(ended);
    expect(next.exits[0]?.exitedAt).toMatch(/^\d{4}-/);
    expect(next.exits[0]).not.toHaveProperty('exitCode');

    await next.do({ do: 'stop', instance: two, grace: 60_000 });
    expect(runs(two.pid ?? 0)).toBe(false);
    expect(await next.do({ do: 'list' })).toMatchObject([{ id: one.id, state: 'exited' }]);
    expect(next.exits).toHaveLength(1);
  });

  it('leaves a service that ends before the next one comes: exited, nobody knows how', async () => {
    const state = scratch();
    const killed = new DriverProcess(state);
    const { pid, ...one } = await killed.do<Instance>({
      do: 'start',
      request: request(state, SLEEP),
    });
    await killed.end('SIGKILL');
    process.kill(pid ?? 0, 'SIGKILL');
    await until(() => !runs(pid ?? 0));
    expect(await driverOf(state).list()).toEqual([{ ...one, state: 'exited' }]);
  });

  it('leaves grandchildren whose parent has ended, which a stop still finds', async () => {
    const state = scratch();
    const killed = new DriverProcess(state);
    const out = join(state, 'out');
    const order = request(state, sh('sleep 1000 & echo $! > "$1"; sleep 1000', out));
    const { pid = 0 } = await killed.do<Instance>({ do: 'start', request: order });
    const left = Number(await written(out));
    await killed.end('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await until(() => !runs(pid));
    const driver = driverOf(state);
    const [instance] = await driver.list();
    await driver.stop(instance as Instance, 60_000);
    expect(runs(left)).toBe(false);
  });
});

it('close lets go of the services, and the process can end', async () => {
  const state = scratch();
  const driver = new DriverProcess(state);
  const instance = await driver.do<Instance>({ do: 'start', request: request(state, SLEEP) });
  await driver.do({ do: 'close' });
  expect(await driver.end('input')).toBe(0);
  expect(await driverOf(state).list()).toEqual([instance]);
});

describe('a number that was handed out again', () => {
  function forge(state: string, pid: number, start: number, more: object = {}): void {
    const record = {
      ...{ lockbridgeProcess: 1, app: '1', service: 'web', release: 'r1', fingerprint: 'f1' },
      ...{ pid, start, mark: 'LOCKBRIDGE_INSTANCE=forged', epoch: epoch(), begun: true },
      ...{ startedAt: '2026-01-01T00:00:00.000Z', ...more },
    };
    mkdirSync(join(state, 'processes'));
    writeFileSync(join(state, 'processes/1.web.json'), JSON.stringify(record));
  }

  async function stopAll(state: string): Promise<string[]> {
    const driver = driverOf(state);
    const found = await driver.list();
    for (const instance of found) await driver.stop(instance, 0);
    expect(await driver.list()).toEqual([]);
    return found.map((instance) => instance.state);
  }

  function bystander(): { pid: number; start: number } {
    const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const { pid = 0 } = child;
    return { pid, start: processAt(pid)?.start ?? 0 };
  }

  it('is not signalled: another start time', async () => {
    const state = scratch();
    const { pid, start } = bystander();
    forge(state, pid, start - 1);
    expect(await stopAll(state)).toEqual(['exited']);
    expect(runs(pid)).toBe(true);
  });

  it('is not signalled: another boot', async () => {
    const state = scratch();
    const { pid, start } = bystander();
    forge(state, pid, start, { epoch: 'another' });
    expect(await stopAll(state)).toEqual(['exited']);
    expect(runs(pid)).toBe(true);
  });

  it.each([{ pid: 1 }, { pid: 0 }, { pid: '2' }, { mark: '' }])(
    'is not taken from %o',
    async (more) => {
      const state = scratch();
      const { pid, start } = bystander();
      forge(state, pid, start, more);
      expect(await stopAll(state)).toEqual([]);
      await new Promise(setImmediate);
      expect(takeWarnings().length).toBeGreaterThan(0);
      expect(runs(pid)).toBe(true);
    },
  );

  it('is not signalled: a session whose leader has gone', async () => {
    const state = scratch();
    const { stdout } = spawnSync(
      'setsid',
      ['sh', '-c', 'sleep 1000 > /dev/null 2>&1 & echo $$ $!'],
      { encoding: 'utf8' },
    );
    const [session = 0, member = 0] = stdout.split(' ').map(Number);
    onTestFinished(() => void process.kill(member, 'SIGKILL'));
    expect(processAt(member)?.session).toBe(session);
    forge(state, session, 1);
    expect(await stopAll(state)).toEqual(['exited']);
    expect(runs(member)).toBe(true);
  });
});

it('a file among the records that is none is left alone, what a crash leaves is not', async () => {
  const state = scratch();
  const driver = driverOf(state);
  writeFileSync(join(state, 'processes/x.json'), '{}');
  writeFileSync(join(state, 'processes/1.web.json.123'), 'cut sho');
  writeFileSync(join(state, 'processes/1.web.json'), '');
  expect(await driver.list()).toEqual([]);
  await new Promise(setImmediate);
  expect(takeWarnings()).toEqual([expect.stringContaining("x.json' is no record of a process")]);
  expect(readdirSync(join(state, 'processes'))).toEqual(['x.json']);
  expect(readFileSync(join(state, 'processes/x.json'), 'utf8')).toBe('{}');
});
