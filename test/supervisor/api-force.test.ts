// Force over the API, its reach, and operations that meet each other.

import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { holder } from '../helpers/child.js';
import { cli } from '../helpers/cli.js';
import { appStatus, ask, askJson, runs, sleeper, started } from '../helpers/daemon-api.js';
import { daemon } from '../helpers/daemon.js';
import { until } from '../helpers/scratch.js';
import { sh } from '../helpers/services.js';

const one = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  release: name,
  services: { one: sleeper({ environment: { R: name }, ...more }) },
});
const apps = (seven: string, eight = 'p'): Record<string, unknown> => ({
  7: one(seven),
  8: one(eight),
});
// Does not end when it is asked to: stopping it takes its grace.
const STUBBORN = { command: sh('trap "" TERM; while :; do sleep 1; done') };

describe('force', () => {
  it('of one operation lets no other through, of this app or another', async () => {
    const { place, supervisor } = await started(apps('a'));
    await holder(place.lock('7', 'one'));
    await holder(place.lock('8', 'one'));
    place.configure(apps('b', 'q'));
    await until(() => supervisor.entries.filter(({ kind }) => kind === 'wait').length === 2);
    const eight = await runs(place, '8');
    const body = { force: true, serviceName: 'one' };
    await ask(place, 'POST /v2/applications/7/restart-service', { body });
    await supervisor.entry('window');
    expect((await appStatus(place, '7'))?.release).toBe('a');
    expect(await runs(place, '8')).toEqual(eight);
    expect(existsSync(place.lock('8', 'one'))).toBe(true);
    expect((await appStatus(place, '8'))?.update.state).toBe('waiting');
    // Nor is the next one forced.
    await holder(place.lock('7', 'one'));
    expect(await ask(place, 'POST /v2/applications/7/restart')).toMatchObject({ status: 423 });
  });

  it('in one field only: what is no yes is no', async () => {
    const { place } = await started(apps('a'));
    await holder(place.lock('7', 'one'));
    for (const force of [false, 0, '0', 'false', 'off', 'no', '', null])
      expect(await ask(place, 'POST /v1/restart', { body: { appId: 7, force } })).toMatchObject({
        status: 423,
      });
    expect(await ask(place, 'POST /v1/restart?force=true', { body: { appId: 7 } })).toMatchObject({
      status: 423,
    });
    for (const force of [[], {}, [true]])
      expect(await ask(place, 'POST /v1/restart', { body: { appId: 7, force } })).toMatchObject({
        status: 400,
      });
    for (const force of ['TRUE', 'On', 1])
      expect(await ask(place, 'POST /v1/restart', { body: { appId: 7, force } })).toMatchObject({
        status: 200,
      });
  });
});

describe('an update that waits', () => {
  it('is begun anew by cancel, and waits again', async () => {
    const { place, supervisor } = await started(apps('a'));
    const app = await holder(place.lock('7', 'one'));
    place.configure(apps('b'));
    await supervisor.entry('wait');
    const from = supervisor.entries.length;
    expect(await ask(place, 'POST /v1/update', { body: { cancel: true } })).toMatchObject({
      status: 204,
      text: '',
    });
    await until(async () => (await appStatus(place, '7'))?.update.state === 'waiting');
    expect((await appStatus(place, '7'))?.release).toBe('a');
    await app.finish();
    await supervisor.entry('applied', 'release b runs', from);
  });

  it('makes way for a restart of what runs', async () => {
    const { place, supervisor } = await started({
      7: { release: 'a', services: { one: sleeper(), two: sleeper() } },
    });
    const app = await holder(place.lock('7', 'one'));
    place.configure({
      7: { release: 'b', services: { one: sleeper({ environment: { R: 'b' } }), two: sleeper() } },
    });
    await supervisor.entry('wait');
    expect(await ask(place, 'POST /v2/applications/7/restart')).toMatchObject({ status: 423 });
    expect(
      await ask(place, 'POST /v2/applications/7/restart', { body: { force: true } }),
    ).toMatchObject({ status: 200 });
    expect((await appStatus(place, '7'))?.release).toBe('a');
    await app.finish();
  });

  it('gives way to a newer one', async () => {
    const { place, supervisor } = await started(apps('a'));
    const app = await holder(place.lock('7', 'one'));
    place.configure(apps('b'));
    await supervisor.entry('wait');
    place.configure(apps('c'));
    await until(async () => (await appStatus(place, '7'))?.update.release === 'c');
    await app.finish();
    await supervisor.entry('applied', 'release c runs');
    expect(supervisor.entries.some(({ text }) => text === 'release b runs')).toBe(false);
  });

  it('is over when the old release is wanted again', async () => {
    const { place, supervisor } = await started(apps('a'));
    const app = await holder(place.lock('7', 'one'));
    const before = await runs(place, '7');
    place.configure(apps('b'));
    await supervisor.entry('wait');
    place.configure(apps('a'));
    await until(async () => (await appStatus(place, '7'))?.update.state === 'idle');
    await until(() => !existsSync(`${place.lockDir('7', 'one')}/updates.pending`));
    await app.finish();
    expect(await runs(place, '7')).toEqual(before);
  });
});

describe('an update on its way', () => {
  it('is finished when the target changes meanwhile, then the new one comes', async () => {
    const { place, supervisor } = await started({ 7: one('a', STUBBORN) });
    place.configure({ 7: one('b') });
    await supervisor.entry('stop', 'one');
    place.configure({ 7: one('c') });
    await supervisor.entry('target', 'app 7: c');
    await supervisor.entry('applied', 'release c runs');
    const applied = supervisor.entries.filter(({ kind }) => kind === 'applied');
    expect(applied.map(({ release }) => release)).toEqual(['a', 'b', 'c']);
    const starts = supervisor.entries.filter(({ kind }) => kind === 'start');
    expect(starts.map(({ release }) => release)).toEqual(['a', 'b', 'c']);
  });

  it('that fails does not keep the next one back', async () => {
    const { place, supervisor } = await started({ 7: one('a', STUBBORN) });
    place.configure({ 7: one('b', { 'working-dir': `${place.dir}/nowhere` }) });
    await supervisor.entry('stop', 'one');
    place.configure({ 7: one('c') });
    await supervisor.entry('target', 'app 7: c');
    await supervisor.entry('failed');
    await supervisor.entry('applied', 'release c runs');
  });

  it('that fails is told so, also where a service ends meanwhile', async () => {
    const { place, supervisor } = await started({
      7: { release: 'a', services: { one: sleeper(), other: sleeper(STUBBORN) } },
    });
    const brief = sleeper({ command: ['false'], restart: 'no' });
    const broken = sleeper({ 'working-dir': `${place.dir}/nowhere` });
    place.configure({
      7: { release: 'b', services: { a1: brief, b1: brief, c1: brief, z: broken } },
    });
    await supervisor.entry('failed');
    await until(async () => (await appStatus(place, '7'))?.update.state === 'failed');
    await until(async () => Object.keys(await runs(place, '7')).length === 2);
    expect((await appStatus(place, '7'))?.release).toBe('a');
  });
});

it('a second operation on an app waits for the first', async () => {
  const { place, supervisor } = await started({ 7: one('a', { ...STUBBORN, 'stop-grace': '1s' }) });
  const both = [1, 2].map(async () => ask(place, 'POST /v1/restart', { body: { appId: 7 } }));
  expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
  expect(supervisor.entries.filter(({ kind }) => kind === 'stop')).toHaveLength(2);
});

it('but not longer than ten seconds', { timeout: 60_000 }, async () => {
  const { place, supervisor } = await started({ 7: one('a', { ...STUBBORN, 'stop-grace': '1m' }) });
  place.configure({ 7: one('b') });
  await supervisor.entry('stop', 'one');
  const { status, text } = await ask(place, 'POST /v1/restart', {
    body: { appId: 7, force: true },
  });
  expect(status).toBe(423);
  expect(text).toContain('Locks for app 7 are being held by another supervisor operation');
});

describe('the override', () => {
  it('set over the API counts for every operation, and outlives the daemon', async () => {
    const { place, supervisor } = await started(apps('a'));
    writeFileSync(place.lock('7', 'one'), '');
    const said = await askJson(place, 'PUT /override', { body: { on: 'true' } });
    expect(said).toEqual({ on: true, from: 'api' });
    expect(existsSync(place.lock('7', 'one'))).toBe(false);
    expect((await supervisor.entry('override-on')).who).toContain('api unix socket');
    await supervisor.kill();
    const next = await daemon(place);
    expect(await askJson(place, 'GET /override')).toEqual({ on: true, from: 'api' });
    writeFileSync(place.lock('7', 'one'), '');
    await until(
      async () => (await ask(place, 'POST /v1/restart', { body: { appId: 7 } })).status === 200,
    );
    expect((await next.entry('override', 'one')).app).toBe('7');
    expect(cli('override', 'off', '-c', place.file).code).toBe(0);
    writeFileSync(place.lock('7', 'one'), '');
    expect(await ask(place, 'POST /v1/restart', { body: { appId: 7 } })).toMatchObject({
      status: 423,
    });
  });

  it('can only be asked for clearly', async () => {
    const { place } = await started(apps('a'));
    for (const body of [{}, { on: 'maybe' }, { on: 2 }, { on: null }, { on: [] }, 'on'])
      expect((await ask(place, 'PUT /override', { body })).status).toBeGreaterThanOrEqual(400);
    expect(await askJson(place, 'GET /override')).toEqual({ on: false, from: 'default' });
  });
});
