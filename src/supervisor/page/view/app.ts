// One app: where its update stands, the locks of its services, and the services that nobody locks.

import type { AppStatus, LockReport, ServiceStatus, UpdateStatus } from '../../types.js';
import { el, type Content } from '../dom.js';
import { isPending } from '../pending.js';
import { ageOf, clock, dateAndTime, duration, plural } from '../words.js';
import { lockView } from './lock.js';

const DAY_MS = 86_400_000;

const STATES: Readonly<Record<UpdateStatus['state'], readonly [text: string, tone: string]>> = {
  idle: ['up to date', 'good'],
  fetching: ['fetching', 'busy'],
  window: ['waits for its time', 'warn'],
  waiting: ['waits for locks', 'warn'],
  fleet: ['waits for its turn', 'warn'],
  applying: ['updating', 'busy'],
  failed: ['failed', 'bad'],
  'gave-up': ['given up', 'bad'],
};

const COURSE: Readonly<Record<UpdateStatus['state'], (length: string) => string>> = {
  idle: () => '',
  fetching: (length) => `fetches what it needs, for ${length}`,
  window: (length) => `waits for its time, for ${length}`,
  waiting: (length) => `waits for locks, for ${length}`,
  fleet: (length) => `waits for a slot of the fleet, for ${length}`,
  applying: (length) => `stops and starts services, for ${length}`,
  failed: (length) => `failed ${length} ago`,
  'gave-up': (length) => `was given up ${length} ago`,
};

function until(at: string, now: number): string {
  const left = Date.parse(at) - now;
  return left > DAY_MS ? dateAndTime(at) : `in ${duration(left)}, at ${clock(at)}`;
}

function course(app: AppStatus, now: number): Content {
  const { state, since, release, opens, deadline, then, fleet, error } = app.update;
  if (state === 'idle') return undefined;
  const lines: Content[] = [
    el(
      'p',
      {},
      release === undefined ? 'The update' : ['Update to ', el('b', {}, release)],
      ` ${COURSE[state](ageOf(since, now))}.`,
    ),
    opens !== undefined && el('p', {}, `Its time comes ${until(opens, now)}.`),
    deadline !== undefined &&
      state === 'waiting' &&
      el(
        'p',
        {},
        `It ${then === 'force' ? 'goes on by force' : 'is given up'} ${until(deadline, now)}.`,
      ),
    fleet !== undefined && el('p', {}, `Fleet: ${fleet}`),
    error !== undefined && el('p', { class: 'error' }, error),
  ];
  const button = el('button', { type: 'button', class: 'danger', 'data-do': 'force' }, 'Force…');
  return el('div', { class: 'course' }, el('div', {}, lines), isPending(app) && button);
}

const LONG_NAME = 18;
const TONES: Readonly<Record<ServiceStatus['status'], string>> = {
  Running: 'good',
  Stopped: 'quiet',
  exited: 'bad',
  Downloading: 'busy',
  Installing: 'busy',
};

function service({ name, status, downloadProgress }: ServiceStatus): Element {
  const percent =
    downloadProgress === undefined ? '' : ` ${String(Math.floor(downloadProgress))} %`;
  const runs = status === 'Running';
  const long = name.length > LONG_NAME || !runs;
  return el(
    'li',
    {
      'data-key': name,
      class: `service ${TONES[status]}${long ? ' long' : ''}`,
    },
    el('span', { class: 'name' }, name),
    // What is as it should be is said by a colour, and to who does not see it.
    el(
      'span',
      { class: runs ? 'unseen' : 'state' },
      runs ? ', running' : `${status.toLowerCase()}${percent}`,
    ),
  );
}

/** A card. `locks`: those of this app. */
export function appView(app: AppStatus, locks: readonly LockReport[], now: number): Element {
  const [text, tone] = STATES[app.update.state];
  const locked = new Set(locks.flatMap((lock) => lock.service?.service ?? []));
  const free = app.services.filter(({ name }) => !locked.has(name));
  const exited = app.services.filter(
    ({ name, status }) => locked.has(name) && status !== 'Running',
  );
  const id = `app-${app.id}`;
  return el(
    'section',
    { class: 'card', 'data-key': app.id, 'aria-labelledby': id },
    el(
      'header',
      { class: 'card-head' },
      el('h2', { id }, app.name),
      el('span', { class: `badge ${tone}` }, text),
      el(
        'p',
        { class: 'about' },
        app.name === app.id ? '' : `app ${app.id} · `,
        app.release === undefined ? 'no release yet' : ['release ', el('b', {}, app.release)],
        ` · ${plural(app.services.length, 'service')}`,
      ),
    ),
    course(app, now),
    locks.length > 0 &&
      el(
        'ul',
        { class: 'locks' },
        locks.map((lock) => lockView(lock, now)),
      ),
    exited.length > 0 &&
      el(
        'p',
        { class: 'about' },
        `Locked, and not running: ${exited.map(({ name }) => name).join(', ')}`,
      ),
    free.length > 0 &&
      el(
        'div',
        {},
        el('h3', {}, locks.length > 0 ? 'Not locked' : 'Services, none locked'),
        el('ul', { class: 'services' }, free.map(service)),
      ),
    app.services.length === 0 && el('p', { class: 'empty' }, 'No services.'),
  );
}
