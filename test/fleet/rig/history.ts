// Every state that a group ever had, as etcd itself tells it: a watch from its first revision on.

import { etcdStore, PREFIX } from '../../../src/fleet/store/etcd.js';
import { storedSemaphore } from '../../../src/fleet/store/semaphore.js';
import type { Change } from './check.js';
import type { Member } from './etcd.js';

interface Watched {
  result?: {
    header: { revision: string };
    events?: { type?: string; kv: { value: string; mod_revision: string } }[];
  };
}

/** All changes of one group until now; the member must not have compacted. */
export async function changesOf(member: Member, group: string): Promise<Change[]> {
  const last = await lastRevision(member.spot.client, group);
  if (last === 0) return [];
  const stop = new AbortController();
  const key = Buffer.from(PREFIX + group).toString('base64');
  const response = await fetch(new URL('/v3/watch', member.spot.client), {
    method: 'POST',
    body: JSON.stringify({ create_request: { key, start_revision: '1' } }),
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(30_000)]),
  });
  const changes: Change[] = [];
  try {
    for await (const line of linesOf(response)) {
      for (const { kv, type } of (JSON.parse(line) as Watched).result?.events ?? []) {
        if (type === 'DELETE') throw new Error('the semaphore was deleted');
        const { lockbridgeFleet, ...rest } = JSON.parse(
          Buffer.from(kv.value, 'base64').toString(),
        ) as Record<string, unknown>;
        if (lockbridgeFleet !== 1) throw new Error('not one of ours');
        const revision = Number(kv.mod_revision);
        changes.push({ revision, semaphore: storedSemaphore.parse(rest) });
        if (revision >= last) return changes;
      }
    }
    throw new Error('the watch has ended early');
  } finally {
    stop.abort();
  }
}

async function lastRevision(endpoint: string, group: string): Promise<number> {
  const store = etcdStore({ endpoints: [endpoint] });
  try {
    return Number((await store.all()).get(group)?.version ?? 0);
  } finally {
    store.close();
  }
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    rest += Buffer.from(part).toString();
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
    }
  }
}
