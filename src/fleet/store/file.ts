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
  groups: z.record(groupName, storedSemaphore),
});
type Groups = Record<string, Semaphore>;

/** The store in `path`, which is made at the first write; its directory must be there. */
export function fileStore(path: string): Store {
  return {
    swap: async (group, version, next) =>
      next === undefined ? compare(load(path), group, version) : swap(path, group, version, next),
    all: async () =>
      Promise.resolve(
        new Map(Object.entries(load(path)).map(([name, one]) => [name, seenOf(one)])),
      ),
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
    const groups = load(path);
    const found = compare(groups, group, version);
    if ('instead' in found) return found;
    const text = JSON.stringify({ lockbridgeFleet: 1, groups: { ...groups, [group]: next } });
    saveWhole(path, `${text}\n`, 0o600);
    return { version: seenOf(next).version };
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
  groups: Groups,
  group: string,
  version: string,
): { version: string } | { instead: Seen } {
  const found = Object.hasOwn(groups, group) ? groups[group] : undefined;
  const now = found === undefined ? { semaphore: EMPTY, version: NEVER } : seenOf(found);
  return now.version === version ? { version } : { instead: now };
}

// The content is its own version: every grant has an id of its own, so a state never comes back, but
// for that of nobody, which is the same as before.
function seenOf(semaphore: Semaphore): Seen {
  const { slots, holders } = semaphore;
  const said = [
    slots,
    ...holders.flatMap(({ id, grant, slot, since }) => [id, grant, slot, since]),
  ];
  const version = createHash('sha256').update(JSON.stringify(said)).digest('hex');
  return { semaphore, version };
}

function load(path: string): Groups {
  const unusable = (why: string, cause?: unknown): LockError =>
    storeError(`cannot use the state file '${path}': ${why}`, cause);
  let text: string | undefined;
  try {
    text = readWhole(path, MOST_BYTES, true)?.text;
  } catch (error) {
    throw unusable(whyOf(error), error);
  }
  if (text === undefined) return {};
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw unusable('it is not JSON', cause);
  }
  const { data, error } = stored.safeParse(content);
  if (data !== undefined) return data.groups;
  throw unusable(`it is not one of this version's (${error.issues[0]?.message ?? ''})`, error);
}
