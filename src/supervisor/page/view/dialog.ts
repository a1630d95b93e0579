// What a person must have read before locks are overridden: whose, and what for.

import type { LockReport } from '../../types.js';
import { el, type Content } from '../dom.js';
import type { Affected } from '../pending.js';
import { ageOf, holderText, placeOf, plural } from '../words.js';

export type Question = 'force' | 'override-on';

/** `changed`: the holders are not those that were shown before. */
export interface Scene {
  now: number;
  /** Of the apps, by id. */
  names: ReadonlyMap<string, string>;
  changed: boolean;
}

const TITLES: Readonly<Record<Question, string>> = {
  force: 'Force the update?',
  'override-on': 'Override locks?',
};

const SCOPE: Readonly<Record<Question, string>> = {
  force:
    'This goes for every app of the device whose update is pending, and for this one update. Maintenance windows are not waited for.',
  'override-on':
    'The locks held now are deleted once, and those taken later are overridden, until locks are respected again. It goes for every app of the device.',
};

function row(lock: LockReport, { now, names }: Scene): Element {
  return el(
    'li',
    {},
    el('strong', {}, `${names.get(lock.app) ?? lock.app}/${placeOf(lock)}`),
    el('span', { class: 'who' }, holderText(lock)),
    lock.reason
      ? el('span', { class: 'reason' }, lock.reason)
      : el('span', { class: 'about' }, 'It gives no reason.'),
    lock.since !== undefined && el('span', { class: 'about' }, `for ${ageOf(lock.since.at, now)}`),
  );
}

function consent(question: Question, count: number): string {
  const locks = count === 0 ? '' : ` ${plural(count, 'lock')}`;
  if (question === 'force') return count === 0 ? 'Force' : `Override${locks} and update`;
  return count === 0 ? 'Override' : `Override${locks}`;
}

export function dialogView(
  question: Question,
  { overridden, spared }: Affected,
  scene: Scene,
): Content {
  const { length } = overridden;
  return [
    el('h2', { id: 'dialog-title' }, TITLES[question]),
    scene.changed &&
      el(
        'p',
        { class: 'error', role: 'alert', 'data-key': 'changed' },
        'The holders have changed meanwhile. Nothing was asked for; read again.',
      ),
    length === 0
      ? el('p', { 'data-key': 'none' }, 'Nobody holds a lock that this would override.')
      : [
          el(
            'p',
            { 'data-key': 'some' },
            'These are stopped in the middle of what their lock is for:',
          ),
          el(
            'ul',
            { class: 'holders' },
            overridden.map((lock) => row(lock, scene)),
          ),
        ],
    spared.length > 0 &&
      el(
        'p',
        { 'data-key': 'spared' },
        `Not touched, for another supervisor holds it: ${spared.map(({ path }) => path).join(', ')}`,
      ),
    el('p', { class: 'about', 'data-key': 'scope' }, SCOPE[question]),
    el(
      'div',
      { class: 'buttons', 'data-key': 'buttons' },
      el('button', { type: 'button', 'data-do': 'cancel' }, 'Cancel'),
      el(
        'button',
        { type: 'button', class: 'danger', 'data-do': 'confirm' },
        consent(question, length),
      ),
    ),
  ];
}
