// All of the page below its head.

import type { AppStatus, FleetStatus } from '../../types.js';
import { el, type Content } from '../dom.js';
import { nowOf, type Model } from '../model.js';
import { HOUR_MS, lanesOf } from '../spans.js';
import { clock, namesOf, plural } from '../words.js';
import type { Snapshot } from '../api.js';
import { appView } from './app.js';
import { logView } from './log.js';
import { signInView } from './sign-in.js';
import { timelineView } from './timeline.js';

const FULL = 2000; // entries; older ones were not asked for

const FLEET: Readonly<Partial<Record<FleetStatus['state'], string>>> = {
  waiting: 'The device waits for its turn',
  held: 'The device has a slot of its fleet',
  unhealthy: 'The slot of the fleet is kept, and the roll-out stops here',
  returning: 'The slot of the fleet is to be given back',
};

function fleetNote(fleet: FleetStatus | undefined): Content {
  const what = fleet && FLEET[fleet.state];
  if (!what) return undefined;
  const { state, text, group, server, owed } = fleet;
  return el(
    'p',
    { class: state === 'unhealthy' ? 'note bad' : 'note', 'data-key': 'fleet' },
    `${what}${text === undefined ? '' : `: ${text}`} (group ${group} at ${server})`,
    owed > 0 && `; ${plural(owed, 'slot is', 'slots are')} still to be given back elsewhere`,
    '.',
  );
}

function notes({ phase, why, notice, snapshot }: Model): Content {
  const all = [
    phase === 'lost' &&
      el(
        'p',
        { class: 'note bad', 'data-key': 'lost' },
        `The supervisor does not answer (${why ?? ''}). Trying again; what is below may be old.`,
      ),
    snapshot?.status.override.on === true &&
      el(
        'p',
        { class: 'note bad', 'data-key': 'override' },
        'Locks are overridden: updates stop services in the middle of what they do.',
      ),
    fleetNote(snapshot?.status.fleet),
    notice &&
      el('p', { class: notice.bad ? 'note bad' : 'note', 'data-key': 'notice' }, notice.text),
  ].filter((one) => one instanceof Element);
  return all.length > 0 && el('div', { class: 'notes', 'data-key': 'notes' }, all);
}

function overview({ status, locks }: Snapshot): Element {
  const held = locks.filter(({ verdict, ours }) => verdict === 'held' && ours !== true).length;
  const waits = status.apps.filter(({ update }) => update.state === 'waiting').length;
  const services = status.apps.reduce((sum, { services: { length } }) => sum + length, 0);
  const parts = [
    held === 0 ? 'Nothing is locked' : plural(held, 'lock is held', 'locks are held'),
    waits === 0 ? '' : plural(waits, 'update waits', 'updates wait'),
    `${plural(services, 'service')} in ${plural(status.apps.length, 'app')}`,
  ];
  return el(
    'p',
    { class: 'overview', id: 'overview' },
    parts.filter((part) => part !== '').join(' · '),
  );
}

function apps({ status, locks }: Snapshot, now: number): Content {
  if (status.apps.length === 0)
    return el(
      'p',
      { class: 'card empty' },
      'No apps: the target state is empty, and nothing is to run.',
    );
  // What is under way, or stuck, is what one came to see.
  const pending = (app: AppStatus): number => (app.update.state === 'idle' ? 1 : 0);
  const inOrder = status.apps.toSorted((a, b) => pending(a) - pending(b));
  return inOrder.map((app) =>
    appView(
      app,
      locks.filter((lock) => lock.app === app.id),
      now,
    ),
  );
}

function lastHour(model: Model, snapshot: Snapshot, now: number): Element {
  const { entries, shown } = model;
  const names = namesOf(snapshot);
  const recent = entries.filter(({ at }) => Date.parse(at) > now - HOUR_MS);
  const since = entries.length < FULL ? 0 : Date.parse(entries[0]?.at ?? '');
  return el(
    'section',
    { class: 'card', 'data-key': 'last-hour', 'aria-labelledby': 'last-hour' },
    el(
      'header',
      { class: 'card-head' },
      el('h2', { id: 'last-hour' }, 'Last hour'),
      el('p', { class: 'about' }, `until ${clock(now).slice(0, 5)}`),
    ),
    timelineView(lanesOf(entries, snapshot.status, snapshot.locks, now), names, now, since),
    logView(recent, names, shown),
  );
}

export function pageView(model: Model): Content {
  const { phase, snapshot } = model;
  if (phase === 'signed-out') return signInView(model);
  if (snapshot === undefined)
    return [
      notes(model),
      phase === 'connecting' &&
        el('p', { class: 'empty', 'data-key': 'connecting' }, 'Connecting…'),
    ];
  const now = nowOf(model);
  return [
    notes(model),
    overview(snapshot),
    el('div', { class: 'apps', 'data-key': 'apps' }, apps(snapshot, now)),
    lastHour(model, snapshot, now),
  ];
}
