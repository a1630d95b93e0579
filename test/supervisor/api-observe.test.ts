// What a daemon tells of itself while it works: events, locks, counts, the journal.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JournalEntry, LockReport } from '../../src/supervisor/types.js';
import { flockHolder, flockWaiter, holder } from '../helpers/child.js';
import { ask, askJson, events, sleeper, started } from '../helpers/daemon-api.js';
import type { Place } from '../helpers/daemon.js';
import { scratch, until } from '../helpers/scratch.js';
import { sh } from '../helpers/services.js';

const release = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  7: {
    release: name,
    services: {
      one: sleeper({ environment: { R: name }, ...more }),
      two: sleeper({ environment: { R: name } }),
    },
  },
});

async function metric(place: Place, name: string): Promise<number | undefined> {
  const { text } = await ask(place, 'GET /metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}

async function locks(place: Place): Promise<LockReport[]> {
  return (await askJson<{ locks: LockReport[] }>(place, 'GET /locks')).locks;
}

describe('/events', () => {
  it("an app's lock is one: taken, and let go", async () => {
    const { place } = await started(release('a'));
    const seen = await events(place);
    const about = (word: RegExp): boolean =>
      seen.some(({ event, data }) => {
        const { kind, service, text } = data as unknown as JournalEntry;
        return event === 'journal' && kind === 'lock' && service === 'two' && word.test(text);
      });
    const app = await holder(place.lock('7', 'two'));
    await until(() => about(new RegExp(`pid ${String(app.process.pid)}`)));
    await app.finish();
    await until(() => about(/released|let go/));
  });

  it('that locks have changed is told also of who only waits, and the journal says what is there', async () => {
    const { place, supervisor } = await started(release('a'));
    const app = await flockHolder(place.lock('7', 'two'));
    expect(await supervisor.entry('lock', 'two')).toMatchObject({ verdict: 'held' });
    const seen = await events(place);
    const waiter = flockWaiter(place.lock('7', 'two'));
    await until(() => seen.some(({ event, data }) => event === 'locks' && data['app'] === '7'));
    waiter.process.kill('SIGKILL');
    const { length } = supervisor.entries;
    await app.finish();
    // Residue is proven if the watch saw the lock before the waiter opened the file, else it is held.
    const { verdict } = await supervisor.entry('lock', 'let go', length);
    expect(['residue', 'held']).toContain(verdict);
  });

  it('the course of an update is told in its order', async () => {
    const { place } = await started(release('a'));
    const app = await holder(place.lock('7', 'two'));
    const seen = await events(place);
    place.configure(release('b'));
    const states = (): unknown[] =>
      seen
        .filter(({ event }) => event === 'update')
        .map(({ data }) => (data['update'] as { state: string }).state)
        .filter((state, at, all) => state !== all[at - 1]);
    await until(() => states().includes('waiting'));
    const waiting = seen.find(({ data }) => JSON.stringify(data).includes('"waiting"'));
    expect(waiting?.data).toMatchObject({
      app: '7',
      update: { release: 'b', blockers: [{ verdict: 'held' }] },
    });
    await app.finish();
    await until(() => states().at(-1) === 'idle');
    expect(states()).toEqual(['fetching', 'waiting', 'applying', 'idle']);
    await until(() => seen.some(({ data }) => data['kind'] === 'release'));
    const kinds = seen.flatMap(({ event, data }) =>
      event === 'journal' && data['kind'] !== 'lock' ? [data['kind']] : [],
    );
    expect(kinds).toEqual([
      'target',
      'wait',
      'take',
      'stop',
      'stop',
      'start',
      'start',
      'applied',
      'release',
    ]);
  });
});

describe('/locks', () => {
  it('tells the verdict, the holder, the reason and the age of each', async () => {
    const dataDir = scratch();
    const { place } = await started({
      7: { ...(release('a')['7'] as object), 'data-dir': dataDir },
    });
    expect(await locks(place)).toEqual([]);
    const app = await holder(place.lock('7', 'one'));
    const flock = await flockHolder(place.lock('7', 'two'));
    const old = join(dataDir, 'resin-updates.lock');
    writeFileSync(old, '');
    const found = await locks(place);
    const at = (path: string): LockReport | undefined => found.find((one) => one.path === path);
    expect(found).toHaveLength(3);
    expect(at(place.lock('7', 'one'))).toMatchObject({
      service: { app: '7', service: 'one' },
      verdict: 'held',
      by: 'kernel',
      age: expect.any(Number) as number,
      reason: expect.any(String) as string,
      record: { pid: app.process.pid },
    });
    expect(at(place.lock('7', 'two'))).toMatchObject({
      service: { app: '7', service: 'two' },
      verdict: 'held',
      holders: expect.arrayContaining([
        expect.objectContaining({ pid: flock.process.pid }),
      ]) as unknown[],
    });
    expect(at(old)).toMatchObject({ app: '7', verdict: 'held', by: 'undecidable' });
    expect(await metric(place, 'lockbridge_locks_held{app="7",owner="app"}')).toBe(3);
  });

  it("the supervisor's own are called so", async () => {
    const stubborn = { command: sh('trap "" TERM; while :; do sleep 1; done') };
    const { place, supervisor } = await started(release('a', stubborn));
    place.configure(release('b'));
    await supervisor.entry('stop', 'one');
    const found = await locks(place);
    expect(found.map(({ ours, verdict }) => [ours, verdict])).toEqual(
      Array(4).fill([true, 'held']),
    );
    expect(found[0]?.reason).toBe('update to b');
    expect(await metric(place, 'lockbridge_locks_held{app="7",owner="supervisor"}')).toBe(4);
  });

  it('one that an update waits for is not, though the supervisor waits for it in the kernel', async () => {
    const { place, supervisor } = await started(release('a'));
    const app = await holder(place.lock('7', 'one'));
    place.configure(release('b'));
    await supervisor.entry('wait');
    const { pid } = supervisor.child.process;
    const waits = { pid, role: 'waits' };
    const one = async (): Promise<LockReport | undefined> => (await locks(place))[0];
    await until(async () => (await one())?.holders.some((who) => who.pid === pid) === true);
    expect(await one()).toMatchObject({
      holders: expect.arrayContaining([expect.objectContaining(waits)]) as unknown[],
      record: { pid: app.process.pid },
    });
    expect(await one()).not.toHaveProperty('ours');
    expect(await metric(place, 'lockbridge_locks_held{app="7",owner="app"}')).toBe(1);
  });
});

describe('/metrics', () => {
  it('counts an update that waited, an override and a loss', async () => {
    // As npm `lockfile` does: whoever is stopped removes its lock by name, whosever that is by then.
    const lock = 'rm -f "$BALENA_APP_LOCK_PATH"; exit';
    const rude = {
      command: sh(`trap '${lock}' TERM; : > "$BALENA_APP_LOCK_PATH"; while :; do sleep 0.1; done`),
    };
    const { place, supervisor } = await started(release('a', rude));
    await supervisor.entry('lock', 'one');
    place.configure(release('b'));
    await supervisor.entry('wait');
    for (const name of ['update_waits_total', 'overrides_total', 'losses_total'])
      expect([name, await metric(place, `lockbridge_${name}`)]).toEqual([
        name,
        name === 'update_waits_total' ? 1 : 0,
      ]);
    await ask(place, 'POST /v1/update', { body: { force: true } });
    await supervisor.entry('applied', 'release b runs');
    await supervisor.entry('retake');
    expect(await metric(place, 'lockbridge_overrides_total')).toBe(1);
    expect(await metric(place, 'lockbridge_losses_total')).toBe(1);
    expect(await metric(place, 'lockbridge_update_wait_seconds_count')).toBe(1);
    expect(await metric(place, 'lockbridge_updates_total{result="applied"}')).toBe(2);
    expect(await metric(place, 'lockbridge_operations_total{operation="update",result="ok"}')).toBe(
      1,
    );
    await ask(place, 'POST /v2/applications/9/restart');
    expect(
      await metric(place, 'lockbridge_operations_total{operation="restart",result="not-found"}'),
    ).toBe(1);
  });
});

it('/history tells the latest entries, the oldest first, over a restart of the daemon', async () => {
  const { place, supervisor } = await started(release('a'));
  const all = async (most: number | string): Promise<JournalEntry[]> =>
    (await askJson<{ entries: JournalEntry[] }>(place, `GET /history?most=${String(most)}`))
      .entries;
  expect((await all(1000)).map(({ kind }) => kind)).toEqual(
    supervisor.entries.map(({ kind }) => kind),
  );
  expect(await all(2)).toEqual(supervisor.entries.slice(-2));
  for (const most of ['0', '-1', 'x', '10001'])
    expect((await ask(place, `GET /history?most=${most}`)).status).toBe(400);
});
