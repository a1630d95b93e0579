// Both stores, by the same propositions.

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LockError } from '../../src/errors.js';
import { request } from '../../src/fleet/protocol.js';
import { etcdStore, PREFIX } from '../../src/fleet/store/etcd.js';
import { fileStore } from '../../src/fleet/store/file.js';
import { MOST_SLOTS, without, take, type Semaphore } from '../../src/fleet/store/semaphore.js';
import { NEVER, type Store } from '../../src/fleet/store/types.js';
import { itWith } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';
import { etcd, lacksEtcd } from './rig/etcd.js';

function held(id: string, slots = 2): Semaphore {
  const claim = { id, grant: 'a1b2c3d4e5f6', since: '2026-01-01T00:00:00.000Z' };
  return take({ slots, holders: [] }, claim, slots).next;
}

interface Made {
  store: Store;
  /** The same content, as another process would open it. */
  again: () => Store;
}

async function inEtcd(): Promise<Made> {
  const { endpoints } = await etcd();
  const again = (): Store => {
    const store = etcdStore({ endpoints });
    onTestFinished(() => {
      store.close();
    });
    return store;
  };
  return { store: again(), again };
}

async function inFile(): Promise<Made> {
  const path = join(scratch(), 'fleet.json');
  return { store: fileStore(path), again: () => fileStore(path) };
}

const STORES = [
  { name: 'etcd', lacks: lacksEtcd, make: inEtcd },
  { name: 'a state file', lacks: undefined, make: inFile },
];

describe.each(STORES)('$name', ({ lacks, make }) => {
  itWith(lacks, 'a group that was never written is empty', async () => {
    const { store } = await make();
    expect(await store.all()).toEqual(new Map());
    expect(await store.swap('default', NEVER, undefined)).toEqual({ version: NEVER });
    expect(await store.swap('default', '7', undefined)).toEqual({
      instead: { semaphore: { slots: 0, holders: [] }, version: NEVER },
    });
  });

  itWith(lacks, 'a value is replaced only if it is the one that was seen', async () => {
    const { store, again } = await make();
    const first = await store.swap('default', NEVER, held('a'));
    expect(first).toEqual({ version: expect.any(String) });
    const lost = await again().swap('default', NEVER, held('b'));
    expect(lost).toEqual({
      instead: { semaphore: held('a'), version: 'version' in first && first.version },
    });
    const version = 'instead' in lost ? lost.instead.version : '';
    expect(await again().swap('default', version, held('b'))).toHaveProperty('version');
    expect(await store.swap('default', version, undefined)).toHaveProperty('instead');
    expect((await store.all()).get('default')?.semaphore).toEqual(held('b'));
  });

  // Who gives back what is not held writes so that a grant on its way comes to nothing.
  itWith(lacks, 'what is written as it was is another version all the same', async () => {
    const { store } = await make();
    const nobody: Semaphore = { slots: 1, holders: [] };
    const first = await store.swap('default', NEVER, nobody);
    const version = 'version' in first ? first.version : '';
    expect(await store.swap('default', version, nobody)).toHaveProperty('version');
    expect(await store.swap('default', version, held('a'))).toHaveProperty('instead');
  });

  itWith(lacks, 'groups do not touch each other', async () => {
    const { store } = await make();
    await store.swap('a', NEVER, held('x'));
    await store.swap('a.b', NEVER, held('y', 5));
    const all = await store.all();
    expect([...all.keys()].sort()).toEqual(['a', 'a.b']);
    expect(all.get('a.b')?.semaphore.slots).toBe(5);
  });

  itWith(lacks, 'of many who replace the same value one succeeds', async () => {
    const { again } = await make();
    const results = await Promise.all(
      Array.from({ length: 20 }, async (_, at) =>
        again().swap('default', NEVER, held(`device-${String(at)}`)),
      ),
    );
    expect(results.filter((result) => 'version' in result)).toHaveLength(1);
  });

  itWith(lacks, 'ids of any script come back as they were', async () => {
    const { store, again } = await make();
    const id = 'Gerät "7"\\\n\u0000 устройство 設備 🔒';
    await store.swap('default', NEVER, held(id));
    expect((await again().all()).get('default')?.semaphore.holders[0]?.id).toBe(id);
  });
});

itWith(lacksEtcd, 'more groups than etcd gives at once are all found', async () => {
  const { store } = await inEtcd();
  const names = Array.from({ length: 1100 }, (_, at) => `g-${String(at)}`);
  for (let at = 0; at < names.length; at += 100)
    await Promise.all(names.slice(at, at + 100).map((name) => store.swap(name, NEVER, held('a'))));
  expect([...(await store.all()).keys()].sort()).toEqual([...names].sort());
});

itWith(
  lacksEtcd,
  'as many holders as there can be, with ids that take most, are one value',
  async () => {
    const { store } = await inEtcd();
    const ids = Array.from({ length: MOST_SLOTS }, (_, at) =>
      String(at).padStart(4, '0').padEnd(173, '\u0001'),
    );
    const holders = ids.map((id, slot) => {
      const asked = { client_params: { id, group: 'default' } };
      expect(request.safeParse(asked).success).toBe(true);
      expect(
        request.safeParse({ client_params: { id: `${id}\u0001`, group: 'default' } }),
      ).toHaveProperty('success', false);
      return { id, grant: String(slot).padStart(12, '0'), slot, since: '2026-01-01T00:00:00.000Z' };
    });
    const written = await store.swap('default', NEVER, { slots: MOST_SLOTS, holders });
    expect(written).toHaveProperty('version');
    expect((await store.all()).get('default')?.semaphore.holders).toHaveLength(MOST_SLOTS);
  },
);

itWith(lacksEtcd, 'a value that is not ours is refused and left as it is', async () => {
  const { members, endpoints } = await etcd();
  const key = Buffer.from(`${PREFIX}default`).toString('base64');
  const value = Buffer.from('{"lockbridgeFleet":2}').toString('base64');
  await members[0]?.call('/v3/kv/put', { key, value });
  const store = etcdStore({ endpoints });
  const error = await store.swap('default', NEVER, held('a')).catch((caught: unknown) => caught);
  expect(LockError.is(error) && error.code).toBe('ERR_FLEET_STORE');
  expect(String(error)).toContain('/lockbridge/fleet/v1/groups/default');
  const now = await members[0]?.call<{ kvs: { value: string }[] }>('/v3/kv/range', { key });
  expect(now?.kvs[0]?.value).toBe(value);
  store.close();
});

it('an etcd that is not there is one error, in time', async () => {
  const store = etcdStore({
    endpoints: ['http://127.0.0.1:1', 'http://127.0.0.1:2'],
    timeouts: { attempt: 100, call: 300 },
  });
  const error = await store.all().catch((caught: unknown) => caught);
  expect(LockError.is(error) && error.code).toBe('ERR_FLEET_STORE');
  expect(String(error)).toContain('http://127.0.0.1:1, http://127.0.0.1:2');
  store.close();
});

it('what switches to another protocol is no etcd', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const store = etcdStore({
    endpoints: [`http://127.0.0.1:${String(port)}`],
    timeouts: { attempt: 100, call: 300 },
  });
  await expect(store.all()).rejects.toThrow('closed without an answer');
  store.close();
});

describe('a state file', () => {
  const cases: readonly [what: string, content: string, why: RegExp][] = [
    ['is not JSON', '{', /not JSON/],
    ['is of another version', '{"lockbridgeFleet":2,"groups":{}}', /not one of this version's/],
    ['has a field that is not known', '{"lockbridgeFleet":1,"groups":{},"x":1}', /not one of this/],
    [
      'has a slot twice',
      `{"lockbridgeFleet":1,"groups":{"a":{"slots":2,"holders":[${['a', 'b']
        .map(
          (id, at) =>
            `{"id":"${id}","grant":"00000000000${String(at)}","slot":0,"since":"2026-01-01T00:00:00.000Z"}`,
        )
        .join(',')}]}}}`,
      /twice/,
    ],
  ];
  it.each(cases)('that %s is refused and left as it is', async (_what, content, why) => {
    const path = join(scratch(), 'fleet.json');
    writeFileSync(path, content);
    const store = fileStore(path);
    await expect(store.swap('a', NEVER, held('a'))).rejects.toThrow(why);
    await expect(store.all()).rejects.toThrow(path);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('that cannot be written is an error with its path', async () => {
    const path = join(scratch(), 'no-such-directory/fleet.json');
    await expect(fileStore(path).swap('a', NEVER, held('a'))).rejects.toThrow(path);
    const dir = join(scratch(), 'directory');
    mkdirSync(dir);
    await expect(fileStore(dir).all()).rejects.toThrow(/not a regular file/);
  });

  it('is for its owner alone', async () => {
    const path = join(scratch(), 'fleet.json');
    await fileStore(path).swap('a', NEVER, held('a'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe('a semaphore', () => {
  const claim = (id: string, digit: string) => ({
    id,
    grant: digit.repeat(12),
    since: '2026-01-01T00:00:00.000Z',
  });

  it('gives the lowest free slot, one to a device, and no more than there are', () => {
    const empty: Semaphore = { slots: 0, holders: [] };
    const one = take(empty, claim('a', '1'), 2);
    const two = take(one.next, claim('b', '2'), 2);
    expect(two.held?.slot).toBe(1);
    expect(take(two.next, claim('c', '3'), 2)).toEqual({ next: two.next, held: undefined });
    expect(take(two.next, claim('a', '4'), 2).held?.grant).toBe('1'.repeat(12));
    const back = without(two.next, ({ id }) => id === 'a').next;
    expect(take(back, claim('c', '3'), 2).held?.slot).toBe(0);
  });

  it('whose number of slots was lowered gives none until enough are back', () => {
    let now: Semaphore = { slots: 0, holders: [] };
    for (const digit of ['1', '2', '3']) now = take(now, claim(digit, digit), 3).next;
    expect(take(now, claim('x', '9'), 1).held).toBeUndefined();
    expect(take(now, claim('2', '9'), 1).held?.slot).toBe(1);
    now = without(now, ({ id }) => id === '1' || id === '3').next;
    expect(take(now, claim('x', '9'), 1).held).toBeUndefined();
    now = without(now, ({ id }) => id === '2').next;
    expect(take(now, claim('x', '9'), 1).held?.slot).toBe(0);
  });
});
