// Semaphores in etcd: one key for each group, its value the semaphore as JSON, replaced by a transaction
// on the revision of its last change.
//
// Why a lost answer loses no slot: the transaction is repeated as it is. Had it taken effect, the
// revision is another, the transaction fails, and the state that it shows has what was written. Had it
// not, it takes effect now, once; and should the first copy arrive later still, its revision is over.

import { z } from 'zod';
import { Gateway, type GatewayOptions } from './gateway.js';
import { groupName, storedSemaphore, type Semaphore } from './semaphore.js';
import { NEVER, storeError, type Seen, type Store } from './types.js';

/** Below this lies all that is ours. */
export const PREFIX = '/lockbridge/fleet/v1/groups/';

const encode = (text: string): string => Buffer.from(text).toString('base64');
const decode = (text: string): string => Buffer.from(text, 'base64').toString();

// protobuf's JSON leaves out what is zero, false or empty, and writes 64-bit numbers as text.
const keyValue = z.object({
  key: z.string(),
  value: z.string().default(''),
  mod_revision: z.string(),
});
const range = z.object({ kvs: z.array(keyValue).default([]), more: z.boolean().default(false) });
const transaction = z.object({
  header: z.object({ revision: z.string() }),
  succeeded: z.boolean().default(false),
  responses: z.array(z.object({ response_range: range.optional() })).default([]),
});

export function etcdStore(options: GatewayOptions): Store {
  const gateway = new Gateway(options);
  return {
    swap: async (group, version, next) => swap(gateway, group, version, next),
    all: async () => all(gateway),
    close: () => {
      gateway.close();
    },
  };
}

async function swap(
  gateway: Gateway,
  group: string,
  version: string,
  next: Semaphore | undefined,
): Promise<{ version: string } | { instead: Seen }> {
  const key = encode(PREFIX + group);
  // A transaction that only reads is served by one member alone unless one of its reads must not be
  // (etcd, server/etcdserver: isTxnSerializable): this one must not.
  const look = { request_range: { key } };
  const answer = parsed(
    transaction,
    await gateway.call('/v3/kv/txn', {
      compare: [{ key, target: 'MOD', result: 'EQUAL', mod_revision: version }],
      success: next === undefined ? [] : [{ request_put: { key, value: encode(text(next)) } }],
      failure: [look],
    }),
  );
  if (answer.succeeded) return { version: next === undefined ? version : answer.header.revision };
  const [found] = answer.responses[0]?.response_range?.kvs ?? [];
  if (found === undefined)
    return { instead: { semaphore: { slots: 0, holders: [] }, version: NEVER } };
  return { instead: seen(found) };
}

/** Groups in one answer, so that even large ones stay far below what is read of an answer. */
const PAGE = 32;

async function all(gateway: Gateway): Promise<Map<string, Seen>> {
  const groups = new Map<string, Seen>();
  let from = encode(PREFIX);
  const end = encode(PREFIX.slice(0, -1) + '0'); // '0' comes after '/'
  for (;;) {
    const body = { key: from, range_end: end, limit: String(PAGE) };
    const { kvs, more } = parsed(range, await gateway.call('/v3/kv/range', body));
    for (const found of kvs) {
      const name = groupName.safeParse(decode(found.key).slice(PREFIX.length));
      if (name.success) groups.set(name.data, seen(found));
    }
    const last = kvs.at(-1);
    if (!more || last === undefined) return groups;
    from = encode(`${decode(last.key)}\0`);
  }
}

function text(semaphore: Semaphore): string {
  return JSON.stringify({ lockbridgeFleet: 1, ...semaphore });
}

function seen({ key, value, mod_revision: version }: z.infer<typeof keyValue>): Seen {
  const unusable = (why: string): Error =>
    storeError(
      `the key '${decode(key)}' in etcd is not one of this version's: ${why}; see docs/fleet.md`,
    );
  let content: unknown;
  try {
    content = JSON.parse(decode(value));
  } catch {
    throw unusable('it is not JSON');
  }
  if (typeof content !== 'object' || content === null) throw unusable('it is not an object');
  const { lockbridgeFleet, ...rest } = content as Record<string, unknown>;
  if (lockbridgeFleet !== 1) throw unusable('it has no "lockbridgeFleet": 1');
  const { data, error } = storedSemaphore.safeParse(rest);
  if (data === undefined) throw unusable(error.issues[0]?.message ?? 'not usable');
  return { semaphore: data, version };
}

function parsed<T>(schema: z.ZodType<T>, answer: unknown): T {
  const { data, error } = schema.safeParse(answer);
  if (data !== undefined) return data;
  throw storeError('what answers is no etcd v3: its answer is of another shape', error);
}
