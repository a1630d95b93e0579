// Semaphores in a state file of this machine: the same semantics as in etcd behind the same interface,
// to try it out, or for a fleet whose one server may be down.
//
// Guarantee: servers and commands of this machine may share the file; each replacement is made under a
// lock beside it, whole and synced. Not protected: the machine itself, whose end is the file's end.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LockError } from '../../errors.js';
import { readWhole, saveWhole, whyOf } from '../../files.js';
import { acquire } from '../../lock/acquire.js';
import { EMPTY, groupName, storedSemaphore, type Semaphore } from './semaphore.js';
import { NEVER, storeError, type Seen, type Store } from './types.js';

const MOST_BYTES = 64 * 2 ** 20;
const LOCK_TIMEOUT = 5000;

const stored = z.strictObject({
  lockbridgeFleet: z.literal(1),
  /** How often it was replaced: what is written again as it was is another version all the same. */
  writes: z.int().min(0).default(0),
  groups: z.record(groupName, storedSemaphore),
});
type Content = Pick<z.infer<typeof stored>, 'writes' | 'groups'>;

/** The store in `path`, which is made at the first write; its directory must be there. */
export function fileStore(path: string): Store {
  return {
    swap: async (group, version, next) =>
      next === undefined ? compare(load(path), group, version) : swap(path, group, version, next),
    all: async () => {
      const { writes, groups } = load(path);
      const all = Object.entries(groups).map(([name, one]) => [name, seenOf(one, writes)] as const);
      return Promise.resolve(new Map(all));
    },
    close: () => undefined,
  };
}

async function swap(
  path: string,
  group: string,
  version: string,
  next: Semaphore,
): Promise<{ version: string } | { instead: Seen }> {
  const lock = await lockOf(path);
  try {
    const content = load(path);
    const found = compare(content, group, version);
    if ('instead' in found) return found;
    const writes = content.writes + 1;
    const groups = { ...content.groups, [group]: next };
    const text = JSON.stringify({ lockbridgeFleet: 1, writes, groups });
    saveWhole(path, `${text}\n`, 0o600);
    return { version: seenOf(next, writes).version };
  } catch (error) {
    throw LockError.is(error)
      ? error
      : storeError(`cannot write '${path}': ${whyOf(error)}`, error);
  } finally {
    await lock.release();
  }
}

async function lockOf(path: string): Promise<{ release(): Promise<unknown> }> {
  try {
    return await acquire(`${path}.lock`, { timeout: LOCK_TIMEOUT, reason: 'fleet state' });
  } catch (error) {
    throw storeError(`cannot lock '${path}': ${whyOf(error)}`, error);
  }
}

function compare(
  { writes, groups }: Content,
  group: string,
  version: string,
): { version: string } | { instead: Seen } {
  const found = Object.hasOwn(groups, group) ? groups[group] : undefined;
  const now = found === undefined ? { semaphore: EMPTY, version: NEVER } : seenOf(found, writes);
  return now.version === version ? { version } : { instead: now };
}

// The number of writes and the content: should the file be removed, numbers come back, grants never do.
function seenOf(semaphore: Semaphore, writes: number): Seen {
  const { slots, holders } = semaphore;
  const said = [
    writes,
    slots,
    ...holders.flatMap(({ id, grant, slot, since }) => [id, grant, slot, since]),
  ];
  const version = createHash('sha256').update(JSON.stringify(said)).digest('hex');
  return { semaphore, version };
}

function load(path: string): Content {
  const unusable = (why: string, cause?: unknown): LockError =>
    storeError(`cannot use the state file '${path}': ${why}`, cause);
  let text: string | undefined;
  try {
    text = readWhole(path, MOST_BYTES, true)?.text;
  } catch (error) {
    throw unusable(whyOf(error), error);
  }
  if (text === undefined) return { writes: 0, groups: {} };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw unusable('it is not JSON', cause);
  }
  const { data, error } = stored.safeParse(content);
  if (data !== undefined) return data;
  throw unusable(`it is not one of this version's (${error.issues[0]?.message ?? ''})`, error);
}
