// Where an app's update stands, as lines for people. Pure.

import { describe } from '../lock/blocked.js';
import { printable } from '../printable.js';
import type { AppStatus, UpdateStatus } from '../supervisor/types.js';
import { fit } from './columns.js';
import { age } from './people.js';

const STATES: Readonly<Record<UpdateStatus['state'], string>> = {
  idle: 'runs',
  fetching: 'fetches what it needs',
  window: 'waits for its time',
  waiting: 'waits for locks',
  applying: 'stops and starts services',
  failed: 'failed',
  'gave-up': 'was given up',
};

/** The app in one line, and one more for each lock in the way; ages only with `now`. */
export function appLines(
  app: AppStatus,
  now: number | undefined,
  width: number = Infinity,
): string[] {
  const { update, release, services } = app;
  const wanted = update.release ?? release;
  const what = wanted === undefined ? 'nothing' : `release ${wanted}`;
  const since = now === undefined ? '' : ` for ${age(update.since, now) || '0 s'}`;
  const lines = [
    `app ${app.id} (${app.name}): ${what} ${STATES[update.state]}${since}${more(update)}`,
  ];
  for (const { name, downloadProgress } of services)
    if (downloadProgress !== undefined)
      lines.push(`  ${name}: ${String(Math.floor(downloadProgress))} % fetched`);
  for (const blocker of update.blockers ?? []) {
    const old = now === undefined || blocker.since === undefined ? '' : age(blocker.since.at, now);
    const service = blocker.service?.service ?? 'data directory';
    lines.push(`  ${service}${old === '' ? '' : `, for ${old}`}: ${describe(blocker)}`);
    if (blocker.exited !== undefined)
      lines.push(`    no process of this service lives${exitText(blocker.exited)}`);
  }
  return lines.map((line) => fit(printable(line), width));
}

function more({ opens, deadline, then, error }: UpdateStatus): string {
  const parts = [
    opens === undefined ? '' : `until ${opens}`,
    deadline === undefined
      ? ''
      : `until ${deadline}, then ${then === 'force' ? 'by force' : 'not at all'}`,
    error ?? '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `: ${parts.join('; ')}`;
}

function exitText({ at, code }: { at?: string; code?: number }): string {
  const when = at === undefined ? '' : `; it exited at ${at}`;
  return `${when}${code === undefined ? '' : ` with ${String(code)}`}`;
}

/** How the update of an app ended, or where it was left; `text` for what is not well. */
export function outcomeOf({ id, update }: AppStatus): {
  kind: 'applied' | 'failed' | 'locked';
  text?: string;
} {
  if (update.state === 'idle') return { kind: 'applied' };
  if (update.state === 'failed')
    return { kind: 'failed', text: `app ${id}: ${update.error ?? 'the update failed'}` };
  const blockers = (update.blockers ?? []).map(describe).join('; ');
  return {
    kind: 'locked',
    text: `app ${id} is not updated yet: ${blockers || STATES[update.state]}`,
  };
}
