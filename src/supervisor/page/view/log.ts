// The last hour, told: the journal's entries, the latest first.

import type { JournalEntry } from '../../types.js';
import { el } from '../dom.js';
import { clock } from '../words.js';

const TONES: Readonly<Partial<Record<JournalEntry['kind'], string>>> = {
  applied: 'good',
  wait: 'warn',
  window: 'warn',
  fleet: 'warn',
  override: 'bad',
  'override-on': 'bad',
  failed: 'bad',
  'gave-up': 'bad',
  loss: 'bad',
};

function entryView(entry: JournalEntry, names: ReadonlyMap<string, string>): Element {
  const { at, kind, app, service, text, reason } = entry;
  const place = [app === undefined ? app : (names.get(app) ?? app), service]
    .filter((part) => part !== undefined)
    .join('/');
  return el(
    'li',
    {},
    el('time', { datetime: at }, clock(at)),
    el('span', { class: `kind ${TONES[kind] ?? 'quiet'}` }, kind),
    el(
      'span',
      { class: 'text' },
      place !== '' && el('span', { class: 'place' }, `${place}: `),
      text,
      reason !== undefined && reason !== '' && !text.includes(reason) && ` (${reason})`,
    ),
  );
}

/** `entries`: the oldest first. `names`: of the apps, by id. `most` of the latest are shown. */
export function logView(
  entries: readonly JournalEntry[],
  names: ReadonlyMap<string, string>,
  most: number,
): Element {
  const latest = entries.slice(-most).reverse();
  const hidden = entries.length - latest.length;
  return el(
    'div',
    { class: 'log' },
    entries.length === 0
      ? el('p', { class: 'empty' }, 'The journal has nothing of the last hour.')
      : el(
          'ol',
          {},
          latest.map((one) => entryView(one, names)),
        ),
    hidden > 0 &&
      el(
        'button',
        { type: 'button', 'data-do': 'more' },
        `Show ${String(Math.min(hidden, 200))} more`,
      ),
  );
}
