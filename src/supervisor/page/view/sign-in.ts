// Where the key is asked for.

import { el } from '../dom.js';
import type { Model } from '../model.js';

export function signInView({ why }: Model): Element {
  return el(
    'form',
    { class: 'card sign-in', 'data-key': 'sign-in', id: 'sign-in', autocomplete: 'off' },
    el('h2', {}, 'Sign in'),
    el('label', { for: 'key' }, 'API key of this device, or of one app'),
    el('input', {
      ...{ id: 'key', name: 'key', type: 'password', required: true, spellcheck: 'false' },
      ...{ autocomplete: 'off', autocapitalize: 'none', maxlength: '512' },
      ...(why !== undefined && { 'aria-invalid': 'true' }),
      'aria-describedby': why === undefined ? 'key-help' : 'key-error key-help',
    }),
    why !== undefined && el('p', { class: 'error', id: 'key-error', role: 'alert' }, why),
    el('button', { type: 'submit', class: 'main' }, 'Sign in'),
    el(
      'p',
      { class: 'about', id: 'key-help' },
      'The device’s key is in the file ',
      el('code', {}, 'api.key'),
      ' of the supervisor’s state directory. It is kept until this tab is closed, and sent to nobody else.',
    ),
  );
}
