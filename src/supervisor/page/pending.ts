// Whose locks a forced update, or the override, would override. Pure.

import type { AppStatus, LockReport, Status } from '../types.js';

export interface Affected {
  /** Held by somebody who is stopped in the middle of what the lock is for. */
  overridden: LockReport[];
  /** Of another supervisor that lives: no override touches them. */
  spared: LockReport[];
}

/** Whether a forced update would change anything of this app: one that is being changed has its locks. */
export function isPending({ update }: AppStatus): boolean {
  return update.state !== 'idle' && update.state !== 'applying';
}

/** The locks in question: of the apps that `of` chooses. */
export function affected(
  { apps }: Status,
  locks: readonly LockReport[],
  of: (app: AppStatus) => boolean,
): Affected {
  const chosen = new Set(apps.filter(of).map(({ id }) => id));
  const held = locks.filter(
    ({ app, verdict, ours }) => chosen.has(app) && verdict === 'held' && ours !== true,
  );
  return {
    overridden: held.filter(({ supervisor }) => supervisor !== true),
    spared: held.filter(({ supervisor }) => supervisor === true),
  };
}

/** Equal for two looks exactly if the same holders have the same files. */
export function fingerprint({ overridden, spared }: Affected): string {
  const of = ({ path, id, holders }: LockReport): unknown => [
    path,
    id,
    holders.flatMap(({ role, pid }) => (role === 'holds' || role === 'named' ? [pid] : [])),
  ];
  return JSON.stringify([overridden.map(of), spared.map(of)]);
}
