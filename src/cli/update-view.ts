// Where an app's update stands, as lines for people. Pure.

import { printable } from '../printable.js';
import type { Blocker } from '../supervisor/locks/types.js';
import type { AppStatus, FleetStatus, UpdateStatus } from '../supervisor/types.js';
import { columns, fit } from './columns.js';
import { age, whoShort } from './people.js';

const STATES: Readonly<Record<UpdateStatus['state'], string>> = {
  idle: 'runs',
  fetching: 'fetches what it needs',
  window: 'waits for its time',
  waiting: 'waits for locks',
  fleet: 'waits for a slot of its fleet',
  applying: 'stops and starts services',
  failed: 'failed',
  'gave-up': 'was given up',
};

const MOST_TEXT = 1000;

/** The app in one line, and one more for each lock in the way; ages and countdowns only with `now`. */
export function appLines(
  app: AppStatus,
  now: number | undefined,
  width: number = Infinity,
): string[] {
  const { update, release, services } = app;
  const wanted = update.release ?? release;
  const what = wanted === undefined ? 'nothing' : `release ${wanted}`;
  const since =
    now === undefined || update.state === 'idle' ? '' : ` for ${age(update.since, now) || '0 s'}`;
  const lines = [
    `app ${app.id} (${app.name}): ${what} ${STATES[update.state]}${since}`,
    ...limits(update, now),
  ];
  for (const { name, downloadProgress } of services)
    if (downloadProgress !== undefined)
      lines.push(`  ${name}: ${String(Math.floor(downloadProgress))} % fetched`);
  lines.push(...blockerLines(update.blockers ?? [], now));
  return lines.map((line) => fit(printable(line, MOST_TEXT), width));
}

function blockerLines(blockers: readonly Blocker[], now: number | undefined): string[] {
  const rows = blockers.map((blocker) => {
    const { since, exited } = blocker;
    const old = since === undefined ? '-' : age(since.at, now);
    const lives = exited === undefined ? '' : `; no process of it lives${exitText(exited)}`;
    const cells = [`  ${placeOf(blocker)}`, ...(now === undefined ? [] : [old])];
    return [...cells, `${blockerText(blocker)}${lives}`];
  });
  return rows.length === 0 ? [] : columns(rows).split('\n');
}

// The service alone: it locks in its own directory. What an app keeps in /data is named as that.
function placeOf({ service, path }: Blocker): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return service === undefined ? `/data/${name}` : service.service;
}

/** Whose lock it is and what for, without its path: the service says where. */
function blockerText(blocker: Blocker): string {
  const { by, protocol, object, record, supervisor } = blocker;
  const kind = supervisor === true ? 'lock of another supervisor' : (protocol ?? object ?? 'lock');
  const reason = record?.reason ? `${record.reason}: ` : '';
  const who = whoShort(blocker);
  if (who !== '-' && !who.endsWith('?')) return `${reason}${kind}, ${who}`;
  return by === 'undecidable'
    ? `${kind} of unknown origin: a live lock, or left by a finished flock`
    : `${kind}, which no process can be named for`;
}

// Lines of their own: at the end of the first they would be what a narrow terminal cuts.
function limits(update: UpdateStatus, now?: number): string[] {
  const { state, opens, deadline, then, fleet, error } = update;
  const lines: string[] = [];
  if (fleet !== undefined) lines.push(`  fleet: ${fleet}`);
  if (opens !== undefined) lines.push(`  its time comes ${moment(opens, now)}`);
  if (deadline !== undefined && state === 'waiting')
    lines.push(
      `  ${then === 'force' ? 'goes on by force' : 'is given up'} ${moment(deadline, now)}`,
    );
  // Who is in the way is said below it.
  if (error !== undefined && state !== 'gave-up') lines.push(`  ${error}`);
  return lines;
}

// As a countdown where the line is drawn anew.
function moment(at: string, now: number | undefined): string {
  const left = now === undefined ? Infinity : Math.ceil((Date.parse(at) - now) / 1000);
  if (left >= 86_400) return `at ${at}`;
  const hours = Math.floor(left / 3600);
  const minutes = `${String(Math.floor(left / 60) % 60)} min`;
  if (hours > 0) return `in ${String(hours)} h ${minutes}`;
  const seconds = `${String(Math.max(0, left) % 60)} s`;
  return left < 60 ? `in ${seconds}` : `in ${minutes} ${seconds}`;
}

function exitText({ at, code }: { at?: string; code?: number }): string {
  const when = at === undefined ? '' : `; it exited at ${at}`;
  return `${when}${code === undefined ? '' : ` with ${String(code)}`}`;
}

/** What the slot of the device's fleet is kept for, where that is not well; undefined where it is. */
export function fleetWarning(fleet: FleetStatus | undefined): string | undefined {
  if (fleet?.state !== 'unhealthy') return undefined;
  const text = `the slot of its fleet is kept, and the roll-out stops here: ${fleet.text ?? ''}`;
  return printable(text, MOST_TEXT);
}

/** How the update of an app ended, or where it was left; `text` for what is not well. */
export function outcomeOf({ id, update }: AppStatus): {
  kind: 'applied' | 'failed' | 'locked';
  text?: string;
} {
  if (update.state === 'idle') return { kind: 'applied' };
  if (update.state === 'failed')
    return {
      kind: 'failed',
      text: printable(`app ${id}: ${update.error ?? 'the update failed'}`, MOST_TEXT),
    };
  const holders = [...new Set((update.blockers ?? []).map(placeOf))];
  const turn = update.fleet === undefined ? '' : `: ${printable(update.fleet, MOST_TEXT)}`;
  const why =
    holders.length === 0
      ? `${STATES[update.state]}${turn}`
      : `locked by ${printable(holders.join(', '))}`;
  const then = update.state === 'gave-up' ? 'given up' : 'not updated yet';
  return { kind: 'locked', text: `app ${id} is ${then}: ${why}` };
}
