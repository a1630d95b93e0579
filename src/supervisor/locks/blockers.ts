// Who is in the way of an update, and the error that says so.

import { LockError } from '../../errors.js';
import { inspectAllSync } from '../../inspect/inspect.js';
import { heldBySupervisor } from '../../inspect/supervisor.js';
import type { Inspection } from '../../inspect/types.js';
import { describe } from '../../lock/blocked.js';
import type { Blocker, Exited, UpdateLocksOptions } from './types.js';

/** Of which service a path is a lock. */
export type ServiceOf = (path: string) => { app: string; service?: string } | undefined;

/** Looks once more, with all that can be said; what is no longer held is left out. */
export function blockersAt(
  paths: readonly string[],
  serviceOf: ServiceOf,
  { history, exited }: UpdateLocksOptions,
): Blocker[] {
  const seen = inspectAllSync(paths, history && { history });
  return seen
    .filter((one): one is Inspection => !LockError.is(one) && isInTheWay(one))
    .map((one) => withService(one, serviceOf, exited));
}

// A stale directory or link is nobody's, but cannot be adopted: it is in the way until it is replaced.
function isInTheWay({ verdict, object }: Inspection): boolean {
  return verdict === 'held' || (verdict !== 'free' && object !== 'file');
}

function withService(
  seen: Inspection,
  serviceOf: ServiceOf,
  exited: UpdateLocksOptions['exited'],
): Blocker {
  const at = serviceOf(seen.path);
  const service = at?.service;
  const gone = at !== undefined && service !== undefined ? exited?.(at.app, service) : undefined;
  return {
    ...seen,
    ...(at !== undefined && service !== undefined && { service: { app: at.app, service } }),
    ...(gone !== undefined && { exited: gone }),
    ...(heldBySupervisor(seen) && { supervisor: true as const }),
  };
}

/** ERR_UPDATES_LOCKED for these blockers, in words that clients of balena's supervisor look for. */
export function updatesLocked(blockers: readonly Blocker[], serviceOf: ServiceOf): LockError {
  const [first] = blockers;
  const where = first === undefined ? undefined : serviceOf(first.path);
  const app = where?.app ?? '?';
  const service = where?.service ?? 'of /data';
  const who = blockers.map((one) => `${describe(one)}${exitedText(one)}`).join('; ');
  return new LockError(
    'ERR_UPDATES_LOCKED',
    `Lockfile exists for { appId: ${app}, service: ${service} }: ${who}`,
    { blockers, ...(first && { path: first.path }) },
  );
}

/** ERR_UPDATES_LOCKED where this very process is busy with the app. */
export function busy(apps: readonly string[]): LockError {
  return new LockError(
    'ERR_UPDATES_LOCKED',
    `Locks for app ${apps.join(', ')} are being held by another supervisor operation`,
  );
}

function exitedText({ exited }: Blocker): string {
  return exited === undefined ? '' : ` (no process of this service lives${exitText(exited)})`;
}

/** When and how a service ended, as far as it is known; starts with a separator, or is empty. */
export function exitText({ at, code }: Exited): string {
  const when = at === undefined ? '' : `; it exited at ${at}`;
  return `${when}${code === undefined ? '' : ` with ${String(code)}`}`;
}
