// lockbridge fleet slots: who holds which slot, since when; fleet release: takes one back.

import { EXIT, invalid, LockError } from '../errors.js';
import { without, type Holder } from '../fleet/store/semaphore.js';
import type { Store } from '../fleet/store/types.js';
import { printable } from '../printable.js';
import { columns } from './columns.js';
import { storeOf } from './fleet-store.js';
import { printJson } from './output.js';
import { age } from './people.js';
import { print } from './print.js';

async function withStore<T>(
  args: Record<string, unknown>,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const store = storeOf(args);
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

function whichOf({ which }: Record<string, unknown>): string | undefined {
  return typeof which === 'string' ? which : undefined;
}

/** Prints every group, or the one that is named. */
export async function showSlots(args: Record<string, unknown>): Promise<number> {
  const only = whichOf(args);
  const all = await withStore(args, async (store) => store.all());
  const groups = [...all]
    .filter(([name]) => only === undefined || name === only)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { semaphore }]) => ({ group: name, ...semaphore }));
  if (only !== undefined && groups.length === 0)
    throw new LockError(
      'ERR_NOT_FOUND',
      `no slot of a group "${printable(only)}" was ever taken; without a name all groups are shown`,
    );
  if (args['json'] === true) printJson(groups);
  else print(groups.map(groupText).join('') || 'no slot was ever taken\n');
  return EXIT.ok;
}

function groupText({
  group,
  slots,
  holders,
}: {
  group: string;
  slots: number;
  holders: readonly Holder[];
}): string {
  const rows = [...holders]
    .sort((a, b) => a.slot - b.slot)
    .map(({ slot, id, since, grant }) => [
      `  slot ${String(slot)}`,
      printable(id),
      `since ${since}`,
      age(since) === '' ? '' : `(${age(since)})`,
      `id ${grant}`,
    ]);
  const heading = `${group}: ${String(holders.length)} of ${String(slots)} taken\n`;
  return rows.length === 0 ? heading : `${heading}${columns(rows)}\n`;
}

const TRIES = 50;

/** Takes back the slot with this id; exit code 1 if it is no longer held. */
export async function releaseSlot(args: Record<string, unknown>): Promise<number> {
  const grant = whichOf(args) ?? '';
  if (!/^[0-9a-f]{12}$/.test(grant))
    throw invalid('the ID', 'the twelve digits that `lockbridge fleet slots` shows', grant);
  const { group, holder } = await withStore(args, async (store) => release(store, grant));
  if (args['json'] === true) printJson({ group, ...holder });
  else
    print(
      `group ${group}: slot ${String(holder.slot)} of ${printable(holder.id)}, held since ${holder.since}, is free\n`,
    );
  return EXIT.ok;
}

async function release(store: Store, grant: string): Promise<{ group: string; holder: Holder }> {
  const isMeant = (holder: Holder): boolean => holder.grant === grant;
  const found = [...(await store.all())].find(([, { semaphore }]) =>
    semaphore.holders.some(isMeant),
  );
  if (found === undefined) throw gone(grant);
  const [group] = found;
  let [, seen] = found;
  let taken: Holder | undefined;
  for (let tries = 0; tries < TRIES; tries++) {
    const { next, gone: those } = without(seen.semaphore, isMeant);
    const [holder] = those;
    // Where it was there a moment ago, this may be our own write whose answer was lost.
    if (holder === undefined && taken === undefined) throw gone(grant);
    if (holder === undefined && taken !== undefined) return { group, holder: taken };
    taken = holder ?? taken;
    const result = await store.swap(group, seen.version, next);
    if ('version' in result && taken !== undefined) return { group, holder: taken };
    if ('instead' in result) seen = result.instead;
  }
  throw new LockError('ERR_FLEET_STORE', 'the group changes all the time; try again');
}

function gone(grant: string): LockError {
  return new LockError(
    'ERR_LOCK_CHANGED',
    `no slot has the id ${grant} any more: it was given back; see \`lockbridge fleet slots\``,
  );
}
