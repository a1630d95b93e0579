// The daemon is told to end, and ends in order, whatever it is doing.

import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { holder } from '../helpers/child.js';
import { ask, runs, sleeper, started } from '../helpers/daemon-api.js';
import { daemon, type Place, type TestDaemon } from '../helpers/daemon.js';
import { until } from '../helpers/scratch.js';

// Does not end when it is asked to: stopping it takes its grace.
const STUBBORN = { command: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'] };

const release = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  7: { release: name, services: { one: sleeper({ environment: { R: name }, ...more }) } },
});

function signal(supervisor: TestDaemon, name: NodeJS.Signals): Promise<unknown> {
  const ended = once(supervisor.child.process, 'exit');
  supervisor.child.process.kill(name);
  return ended;
}

function locks(place: Place): string[] {
  return readdirSync(place.lockDir('7', 'one'));
}

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s is obeyed, and put on record',
  async (name) => {
    const { place, supervisor } = await started(release('a'));
    const before = await runs(place, '7');
    expect(await signal(supervisor, name)).toEqual([0, null]);
    await supervisor.entry('stopping');
    expect(existsSync(`${place.dir}/api.sock`)).toBe(false);
    expect(existsSync(`${place.dir}/state/supervisor.lock`)).toBe(false);
    const next = await daemon(place);
    await until(async () => (await runs(place, '7'))['one'] === before['one']);
    expect(next.entries.some(({ kind }) => kind === 'start' || kind === 'recovery')).toBe(false);
  },
);

it('an update that is on its way is finished first', async () => {
  const { place, supervisor } = await started(release('a', STUBBORN));
  place.configure(release('b'));
  await supervisor.entry('stop', 'one');
  expect(await signal(supervisor, 'SIGTERM')).toEqual([0, null]);
  await supervisor.entry('applied', 'release b runs');
  expect(locks(place)).toEqual([]);
});

it('a restart that is on its way is finished, and answered', async () => {
  const { place, supervisor } = await started(release('a', { ...STUBBORN, 'stop-grace': '1s' }));
  const answer = ask(place, 'POST /v1/restart', { body: { appId: 7 } });
  await supervisor.entry('stop', 'one');
  expect(await signal(supervisor, 'SIGTERM')).toEqual([0, null]);
  expect((await answer).text).toBe('OK');
  await supervisor.entry('start', '\\(restart\\)');
  expect(locks(place)).toEqual([]);
});

it('one that waits is not waited for, and waits again when the daemon does', async () => {
  const { place, supervisor } = await started(release('a'));
  const app = await holder(place.lock('7', 'one'));
  place.configure(release('b'));
  await supervisor.entry('wait');
  expect(await signal(supervisor, 'SIGTERM')).toEqual([0, null]);
  expect(locks(place)).toEqual(['updates.lock']);
  const next = await daemon(place);
  await next.entry('wait');
  await app.finish();
  await next.entry('applied', 'release b runs');
});

it('a second signal does not wait for anything, and the next daemon brings it to an end', async () => {
  const { place, supervisor } = await started(release('a', { ...STUBBORN, 'stop-grace': '1m' }));
  place.configure(release('b'));
  await supervisor.entry('stop', 'one');
  const ended = signal(supervisor, 'SIGTERM');
  await until(async () => !(await reachable(place)));
  supervisor.child.process.kill('SIGTERM');
  expect(await ended).toEqual([null, 'SIGTERM']);
  const { pid } = JSON.parse(
    readFileSync(
      `${place.dir}/state/processes/${readdirSync(`${place.dir}/state/processes`)[0] ?? ''}`,
      'utf8',
    ),
  ) as { pid: number };
  process.kill(-pid, 'SIGKILL');
  const next = await daemon(place);
  await next.entry('applied', 'release b runs');
  await until(() => locks(place).length === 0);
});

it('it does not end because nobody reads any more what it says', async () => {
  const { place, supervisor } = await started(release('a'));
  supervisor.child.process.stdout?.destroy();
  supervisor.child.process.stderr?.destroy();
  for (let round = 0; round < 3; round++)
    expect(await ask(place, 'POST /v1/restart', { body: { appId: 7 } })).toMatchObject({
      text: 'OK',
    });
  expect(await signal(supervisor, 'SIGTERM')).toEqual([0, null]);
});

async function reachable(place: Place): Promise<boolean> {
  return ask(place, 'GET /ping').then(
    () => true,
    () => false,
  );
}
