// Times and people in few words. Pure.

import type { Holder } from '../../inspect/types.js';
import type { LockReport, Status } from '../types.js';

const STEPS: readonly [seconds: number, unit: string][] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** A length of time in its two largest units: `3 min 20 s`, a number and its unit never apart. */
export function duration(milliseconds: number): string {
  let seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const at = STEPS.findIndex(([step]) => seconds >= step);
  const parts = STEPS.slice(at === -1 ? -1 : at, at === -1 ? undefined : at + 2).map(
    ([step, unit], nth) => {
      const count = Math.floor(seconds / step);
      seconds %= step;
      return nth > 0 && count === 0 ? '' : `${String(count)}\u00a0${unit}`;
    },
  );
  return parts.join(' ').trim();
}

/** How long ago; `?` where nobody knows. */
export function ageOf(at: string | undefined, now: number): string {
  const then = Date.parse(at ?? '');
  return Number.isNaN(then) ? '?' : duration(now - then);
}

/** The time of day, of this browser's zone. */
export function clock(at: string | number): string {
  return new Date(at).toLocaleTimeString([], { hour12: false });
}

/** Day and time, of this browser's zone. */
export function dateAndTime(at: string): string {
  return `on ${new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}`;
}

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}

/** A process: its command, and where it runs. */
export function processText({ pid, command, container, unit }: Holder): string {
  const where =
    container === undefined
      ? unit === undefined
        ? ''
        : `, unit ${unit}`
      : `, container ${container.service ?? container.name ?? container.id.slice(0, 12)}`;
  return `${command === undefined ? '' : `${command} · `}pid ${String(pid)}${where}`;
}

const withRole = (lock: LockReport, role: Holder['role']): Holder[] =>
  lock.holders.filter((one) => one.role === role);

/** Who holds it, as far as anything tells. */
export function holderText(lock: LockReport): string {
  if (lock.ours) return 'this supervisor';
  const known = withRole(lock, 'holds')[0] ?? withRole(lock, 'open')[0];
  if (known !== undefined) return processText(known);
  const { record } = lock;
  if (record !== undefined)
    return `${record.cmd} · pid ${String(record.pid)} of ${record.owner ?? record.host}, says its record`;
  const named = withRole(lock, 'named')[0];
  if (named !== undefined) return `pid ${String(named.pid)}, says the file`;
  return lock.by === 'undecidable'
    ? 'nobody who can be named: a live lock, or left by a finished flock'
    : 'nobody who can be named';
}

/** The processes that are blocked behind it. */
export function waitersOf(lock: LockReport): string[] {
  return withRole(lock, 'waits').map(processText);
}

/** What the apps are called, by id. */
export function namesOf({ status }: { status: Status }): ReadonlyMap<string, string> {
  return new Map(status.apps.map(({ id, name }) => [id, name]));
}

/** Where a lock is: its service, or the file in the app's data directory. */
export function placeOf({ service, path }: LockReport): string {
  return service?.service ?? `/data/${path.slice(path.lastIndexOf('/') + 1)}`;
}
