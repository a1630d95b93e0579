// One lock: where, who holds it, why, how long, who waits; the proof folds open.

import type { LockReport } from '../../types.js';
import { el, type Content } from '../dom.js';
import { ageOf, clock, holderText, placeOf, plural, waitersOf } from '../words.js';

const VERDICTS: Readonly<Record<LockReport['verdict'], string>> = {
  free: 'free',
  held: 'locked',
  stale: 'stale',
  residue: 'left behind',
};

function badge(lock: LockReport): Element {
  if (lock.ours) return el('span', { class: 'badge busy' }, 'updating');
  if (lock.supervisor) return el('span', { class: 'badge busy' }, 'other supervisor');
  if (lock.verdict === 'held' && lock.by === 'undecidable')
    return el('span', { class: 'badge warn' }, 'perhaps locked');
  const tone = lock.verdict === 'held' ? 'warn' : 'quiet';
  return el('span', { class: `badge ${tone}` }, VERDICTS[lock.verdict]);
}

function fact(name: string, ...value: Content[]): Element {
  return el('div', {}, el('dt', {}, name), el('dd', {}, ...value));
}

function proof(lock: LockReport): Element {
  const { path, protocol, id, evidence, unseen, exited, since } = lock;
  const ended =
    exited &&
    `no process of the service lives${exited.at ? `; it exited at ${clock(exited.at)}` : ''}`;
  return el(
    'details',
    {},
    el('summary', {}, 'Evidence'),
    el(
      'dl',
      { class: 'facts' },
      fact('Path', el('code', {}, path)),
      protocol !== undefined && fact('Protocol', protocol),
      id !== undefined && fact('File', el('code', {}, id)),
      since && fact('Since', `${since.at}, by its ${since.from}`),
      ended !== undefined && fact('Service', ended),
    ),
    el(
      'ul',
      {},
      [...evidence.map(({ text }) => text), ...unseen].map((text) => el('li', {}, text)),
    ),
  );
}

/** A row of the list of an app's locks. */
export function lockView(lock: LockReport, now: number): Element {
  const waiters = waitersOf(lock);
  const reason = lock.reason ? lock.reason : undefined;
  return el(
    'li',
    { class: 'lock', 'data-key': lock.path },
    el(
      'div',
      { class: 'lock-head' },
      el('strong', { class: 'name' }, placeOf(lock)),
      badge(lock),
      lock.since !== undefined &&
        el('time', { class: 'age', datetime: lock.since.at }, ageOf(lock.since.at, now)),
    ),
    reason !== undefined && el('p', { class: 'reason' }, reason),
    lock.verdict === 'held' && el('p', { class: 'who' }, holderText(lock)),
    waiters.length > 0 &&
      el(
        'div',
        { class: 'waiters' },
        el('p', {}, `${plural(waiters.length, 'process', 'processes')} waiting for it`),
        el(
          'ul',
          {},
          waiters.map((one) => el('li', {}, one)),
        ),
      ),
    proof(lock),
  );
}
