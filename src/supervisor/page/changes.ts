// What is said aloud (aria-live) when something changes: in sentences, and few. Pure.

import type { AppStatus, LockReport } from '../types.js';
import type { Snapshot } from './api.js';
import { holderText, placeOf, plural } from './words.js';

const MOST = 3;

const STATES: Readonly<Record<AppStatus['update']['state'], string>> = {
  idle: 'nothing is left to do',
  fetching: 'the update fetches what it needs',
  window: 'the update waits for its time',
  waiting: 'the update waits for locks',
  fleet: 'the update waits for a slot of the fleet',
  applying: 'the update stops and starts services',
  failed: 'the update failed',
  'gave-up': 'the update was given up',
};

const isHeld = ({ verdict, ours }: LockReport): boolean => verdict === 'held' && ours !== true;

function lockChanges(before: readonly LockReport[], after: readonly LockReport[]): string[] {
  const was = new Map(before.filter(isHeld).map((lock) => [lock.path, lock]));
  const is = new Map(after.filter(isHeld).map((lock) => [lock.path, lock]));
  return [
    ...[...is].flatMap(([path, lock]) =>
      was.get(path)?.id === lock.id
        ? []
        : [
            `${placeOf(lock)} is locked by ${holderText(lock)}${lock.reason ? `: ${lock.reason}` : ''}`,
          ],
    ),
    ...[...was].flatMap(([path, lock]) => (is.has(path) ? [] : [`${placeOf(lock)} is free`])),
  ];
}

/** At most three sentences; one that counts where there are more. */
export function changes(before: Snapshot, after: Snapshot): string[] {
  const all = lockChanges(before.locks, after.locks);
  const was = new Map(before.status.apps.map((app) => [app.id, app]));
  for (const { id, name, update } of after.status.apps)
    if (was.get(id)?.update.state !== update.state) all.push(`${name}: ${STATES[update.state]}`);
  const { fleet } = after.status;
  if (fleet?.state === 'unhealthy' && before.status.fleet?.state !== 'unhealthy')
    all.push(`the slot of the fleet is kept: ${fleet.text ?? 'a release is not healthy'}`);
  if (before.status.override.on !== after.status.override.on)
    all.push(after.status.override.on ? 'locks are overridden' : 'locks are respected again');
  return all.length > MOST ? [plural(all.length, 'change')] : all;
}
