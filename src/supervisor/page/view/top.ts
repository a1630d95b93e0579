// The head of the page: which device, whether what is shown is live, and what can be asked for.

import type { Model } from '../model.js';
import { el, type Content } from '../dom.js';

const PHASES: Readonly<Record<Model['phase'], readonly [text: string, tone: string]>> = {
  'signed-out': ['signed out', 'quiet'],
  connecting: ['connecting', 'busy'],
  live: ['live', 'good'],
  lost: ['no connection', 'bad'],
};

export function topView({ phase, snapshot }: Model): Content {
  const [text, tone] = PHASES[phase];
  const on = snapshot?.status.override.on === true;
  return [
    el(
      'div',
      { class: 'device' },
      el('h1', {}, phase === 'signed-out' ? 'lockbridge' : (snapshot?.status.name ?? 'lockbridge')),
      phase !== 'signed-out' && el('span', { class: `badge dot ${tone}`, id: 'phase' }, text),
    ),
    phase !== 'signed-out' &&
      el(
        'div',
        { class: 'buttons', role: 'group', 'aria-label': 'Device' },
        el('button', { type: 'button', class: 'main', 'data-do': 'update' }, 'Update now'),
        el(
          'button',
          { type: 'button', 'data-do': on ? 'override-off' : 'override-on' },
          on ? 'Respect locks again' : 'Override locks…',
        ),
        el('button', { type: 'button', class: 'plain', 'data-do': 'sign-out' }, 'Sign out'),
      ),
  ];
}
