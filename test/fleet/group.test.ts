// One group over a store that is under the test's control: rounds, waiting, ages, and stores that fail.

import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { OnEvent } from '../../src/fleet/server/group-types.js';
import { Group } from '../../src/fleet/server/group.js';
import { fileStore } from '../../src/fleet/store/file.js';
import { MOST_PENDING } from '../../src/fleet/store/rounds.js';
import type { Semaphore } from '../../src/fleet/store/semaphore.js';
import { NEVER, storeError, type Seen, type Store } from '../../src/fleet/store/types.js';
import { scratch } from '../helpers/scratch.js';

/** In memory; `before` is called before each swap, and may throw, wait, or change what is there. */
class MemoryStore implements Store {
  now: Seen = { semaphore: { slots: 0, holders: [] }, version: NEVER };
  swaps = 0;
  writes = 0;
  before: (swap: { next: Semaphore | undefined; apply: () => void }) => Promise<void> | void = () =>
    undefined;

  async swap(
    _group: string,
    version: string,
    next: Semaphore | undefined,
  ): Promise<{ version: string } | { instead: Seen }> {
    this.swaps++;
    const apply = (): void => {
      if (next === undefined || version !== this.now.version) return;
      this.writes++;
      this.now = { semaphore: next, version: String(Number(this.now.version) + 1) };
    };
    await this.before({ next, apply });
    if (version !== this.now.version) return { instead: this.now };
    apply();
    return { version: this.now.version };
  }

  async all(): Promise<Map<string, Seen>> {
    return Promise.resolve(new Map([['default', this.now]]));
  }

  close(): void {
    return;
  }
}

function made(store: Store, slots: number, onEvent?: OnEvent, maxAge?: number): Group {
  return new Group(store, { name: 'default', slots, ...(maxAge && { maxAge }) }, onEvent);
}

const holdersOf = (store: MemoryStore): string[] => store.now.semaphore.holders.map(({ id }) => id);

it('a device gets a slot, and the same one however often it asks', async () => {
  const store = new MemoryStore();
  const group = made(store, 2);
  const first = await group.take('a');
  expect(first).toMatchObject({ held: { id: 'a', slot: 0 } });
  expect(await group.take('a')).toEqual(first);
  expect(await group.take('b')).toMatchObject({ held: { id: 'b', slot: 1 } });
  expect(store.writes).toBe(2);
});

it('refuses when all are taken, says by whom, and writes nothing', async () => {
  const store = new MemoryStore();
  const group = made(store, 1);
  await group.take('a');
  const answer = await group.take('b');
  expect(answer).toMatchObject({ full: { slots: 1, holders: [{ id: 'a' }] } });
  expect('full' in answer && answer.full.retryAfter).toBeGreaterThanOrEqual(1);
  expect(store.writes).toBe(1);
});

it('giving back what is not held succeeds, and is written all the same', async () => {
  const store = new MemoryStore();
  const group = made(store, 1);
  expect(await group.giveBack('a')).toBeUndefined();
  expect(store.writes).toBe(1);
});

it('a thousand who ask at once cost a few calls of the store', async () => {
  const store = new MemoryStore();
  store.before = async () => new Promise((resolve) => setTimeout(resolve, 5));
  const group = made(store, 10);
  const answers = await Promise.all(
    Array.from({ length: 1000 }, async (_, at) => group.take(`device-${String(at)}`)),
  );
  expect(answers.filter((answer) => 'held' in answer)).toHaveLength(10);
  expect(store.swaps).toBeLessThanOrEqual(3);
});

it('a slot that is given back goes to who waits, the first first, in the same write', async () => {
  const store = new MemoryStore();
  const group = made(store, 1);
  await group.take('a');
  const order: string[] = [];
  const waits = ['b', 'c'].map(async (id) => {
    const answer = await group.take(id, { wait: 20_000 });
    if ('held' in answer) order.push(id);
  });
  await vi.waitUntil(() => group.waiting.line === 2);
  const writes = store.writes;
  await group.giveBack('a');
  await waits[0];
  expect(order).toEqual(['b']);
  expect(store.writes).toBe(writes + 1);
  await group.giveBack('b');
  await waits[1];
  expect(order).toEqual(['b', 'c']);
});

it('as many may wait as there is room for, and one more is refused', async () => {
  const store = new MemoryStore();
  const group = made(store, 1);
  await group.take('a');
  const waits = Array.from({ length: MOST_PENDING }, async (_, at) =>
    group.take(`device-${String(at)}`, { wait: 60_000 }),
  );
  const ended = Promise.allSettled(waits);
  await expect(group.take('one more', { wait: 60_000 })).rejects.toThrow(/too many devices/);
  group.close();
  await ended;
});

it('what another server gives back is noticed by who waits', async () => {
  const store = new MemoryStore();
  const [here, there] = [made(store, 1), made(store, 1)];
  await there.take('a');
  const waits = here.take('b', { wait: 20_000 });
  await vi.waitUntil(() => here.waiting.line === 1);
  await there.giveBack('a');
  expect(await waits).toMatchObject({ held: { id: 'b' } });
});

it('who has waited as long as it wanted is refused', async () => {
  const store = new MemoryStore();
  const group = made(store, 1);
  await group.take('a');
  expect(await group.take('b', { wait: 20 })).toHaveProperty('full');
  expect(group.waiting.line).toBe(0);
});

it('who has gone while waiting gets nothing', async () => {
  const store = new MemoryStore();
  const group = made(store, 1);
  await group.take('a');
  const gone = new AbortController();
  const waits = group.take('b', { wait: 20_000, signal: gone.signal });
  await vi.waitUntil(() => group.waiting.line === 1);
  gone.abort();
  await group.giveBack('a');
  await expect(waits).rejects.toThrow(/gone/);
  expect(holdersOf(store)).toEqual([]);
});

it('who gives back while waiting waits no more', async () => {
  const store = new MemoryStore();
  const group = made(store, 1);
  await group.take('a');
  const waits = group.take('b', { wait: 20_000 });
  await vi.waitUntil(() => group.waiting.line === 1);
  const refused = expect(waits).rejects.toThrow(/given back meanwhile/);
  await group.giveBack('b');
  await refused;
  await group.giveBack('a');
  expect(holdersOf(store)).toEqual([]);
});

it('an answer that was lost loses no slot: it is found the next time', async () => {
  const store = new MemoryStore();
  const group = made(store, 1);
  store.before = ({ apply }) => {
    store.before = () => undefined;
    apply();
    throw storeError('no answer');
  };
  await expect(group.take('a')).rejects.toThrow(/no answer/);
  expect(holdersOf(store)).toEqual(['a']);
  expect(await group.take('b')).toHaveProperty('full');
  expect(await group.take('a')).toHaveProperty('held');
  expect(store.writes).toBe(1);
});

it('a write that comes late, after its device has given back, comes to nothing', async () => {
  const store = new MemoryStore();
  const [slow, other] = [made(store, 1), made(store, 1)];
  let late: () => void = () => undefined;
  store.before = ({ apply }) => {
    store.before = () => undefined;
    late = apply;
    throw storeError('no answer');
  };
  await expect(slow.take('a')).rejects.toThrow(/no answer/);
  expect(await other.giveBack('a')).toBeUndefined();
  late();
  expect(holdersOf(store)).toEqual([]);
});

it('who waits outlasts a store that fails for a while', async () => {
  const store = new MemoryStore();
  const group = made(store, 1);
  await group.take('a');
  const waits = group.take('b', { wait: 20_000 });
  await vi.waitUntil(() => group.waiting.line === 1);
  let failures = 0;
  store.before = () => {
    if (failures++ < 2) throw storeError('down');
  };
  await vi.waitUntil(() => failures > 2, { timeout: 20_000 });
  await group.giveBack('a');
  expect(await waits).toHaveProperty('held');
});

it('an unlucky one among many servers gets its turn', async () => {
  const store = new MemoryStore();
  const groups = Array.from({ length: 5 }, () => made(store, 100));
  store.before = async () => new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, at) => groups[at % 5]?.take(`device-${String(at)}`)),
  );
  expect(answers.every((answer) => answer !== undefined && 'held' in answer)).toBe(true);
  expect(new Set(store.now.semaphore.holders.map(({ slot }) => slot)).size).toBe(50);
});

it('a slot never ends by itself; with a maximum age it goes when somebody wants it', async () => {
  const store = new MemoryStore();
  const old = new Date(Date.now() - 3 * 3_600_000).toISOString();
  const held = { id: 'a', grant: '000000000000', slot: 0, since: old };
  store.now = { semaphore: { slots: 1, holders: [held] }, version: '7' };
  expect(await made(store, 1).take('b')).toHaveProperty('full');
  const onEvent = vi.fn<OnEvent>();
  const group = made(store, 1, onEvent, 4 * 3_600_000);
  expect(await group.take('b')).toHaveProperty('full');
  const shorter = made(store, 1, onEvent, 2 * 3_600_000);
  expect(onEvent).not.toHaveBeenCalled();
  expect(await shorter.take('b')).toMatchObject({ held: { id: 'b', slot: 0 } });
  expect(onEvent).toHaveBeenCalledWith({ what: 'expired', group: 'default', holder: held });
  expect(onEvent).toHaveBeenCalledTimes(2);
});

it('many groups of servers over one state file never have more holders than slots', async () => {
  const path = join(scratch(), 'fleet.json');
  const groups = Array.from({ length: 4 }, () => made(fileStore(path), 3));
  const answers = await Promise.all(
    Array.from({ length: 24 }, async (_, at) => groups[at % 4]?.take(`device-${String(at)}`)),
  );
  expect(answers.filter((answer) => answer !== undefined && 'held' in answer)).toHaveLength(3);
  expect((await fileStore(path).all()).get('default')?.semaphore.holders).toHaveLength(3);
});
