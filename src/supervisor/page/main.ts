// The page: a model, views of it, and what buttons do. One listener for all buttons (`data-do`).

import { Api, Refusal, type Snapshot } from './api.js';
import { changes } from './changes.js';
import { Confirmation } from './confirm.js';
import { Connection } from './connection.js';
import { byId, el, type Content } from './dom.js';
import { forgetKey, isKey, storedKey, storeKey } from './key.js';
import { joined, nowOf, SHOWN_AT_FIRST, type Model } from './model.js';
import { patchChildren } from './patch.js';
import { pageView } from './view/page.js';
import { topView } from './view/top.js';

const MORE = 200;

const model: Model = { phase: 'signed-out', entries: [], shown: SHOWN_AT_FIRST };
const confirmation = new Confirmation(() => nowOf(model));
let session: { api: Api; connection: Connection } | undefined;

function fill(id: string, view: Content): void {
  patchChildren(byId(id, HTMLElement), [...el('div', {}, view).childNodes]);
}

function render(): void {
  fill('top', topView(model));
  fill('main', pageView(model));
  const name = model.snapshot?.status.name;
  document.title = name === undefined ? 'lockbridge' : `${name} · lockbridge`;
}

function say(...sentences: string[]): void {
  if (sentences.length > 0) byId('said', HTMLElement).textContent = `${sentences.join('. ')}.`;
}

function notice(text: string, bad: boolean = false): void {
  model.notice = { text, bad };
  say(text.replace(/\.$/, ''));
  render();
}

function signIn(key: string): void {
  const api = new Api(key);
  model.phase = 'connecting';
  delete model.why;
  delete model.notice;
  const connection = new Connection(api, {
    snapshot: (snapshot, history) => {
      const before = model.snapshot;
      storeKey(key);
      if (history) model.entries = joined(history, model.entries);
      if (model.phase !== 'live') say(`Connected to ${snapshot.status.name}`);
      else if (before) say(...changes(before, snapshot));
      model.phase = 'live';
      show(snapshot);
    },
    entry: (entry) => {
      model.entries = joined(model.entries, [entry]); // shown with the snapshot that it leads to
    },
    lost: (why) => {
      if (model.phase !== 'lost') say('The supervisor does not answer. Trying again');
      model.phase = 'lost';
      model.why = why;
      render();
    },
    refused: () => {
      signOut(
        'The supervisor refused this key: it is not the key of this device or of one of its apps.',
      );
    },
  });
  session = { api, connection };
  render();
}

function show(snapshot: Snapshot): void {
  const first = model.snapshot === undefined;
  model.snapshot = snapshot;
  render();
  if (first) byId('main', HTMLElement).focus({ preventScroll: true });
}

function signOut(why?: string): void {
  session?.connection.close();
  session = undefined;
  forgetKey();
  confirmation.close();
  delete model.snapshot;
  delete model.why;
  delete model.notice;
  Object.assign(model, { phase: 'signed-out', entries: [], shown: SHOWN_AT_FIRST }, why && { why });
  render();
  byId('key', HTMLInputElement).focus();
}

async function asked(text: string, ask: (api: Api) => Promise<void>): Promise<void> {
  if (session === undefined) return;
  try {
    await ask(session.api);
    notice(text);
  } catch (error) {
    const refused = error instanceof Refusal && error.status === 401;
    const why = error instanceof Error ? error.message : String(error);
    notice(
      refused
        ? 'This key does not open that: it takes the key of the device.'
        : `It was not done: ${why}`,
      true,
    );
  }
}

const FORCED = 'A forced update was asked for; the journal below says whose locks were overridden.';

async function confirmed(api: Api): Promise<void> {
  const question = await confirmation.agreed(api).catch(() => {
    confirmation.close();
    notice('Nothing was asked for: the supervisor does not answer.', true);
    return undefined;
  });
  if (question === 'force') await asked(FORCED, async () => api.update(true));
  else if (question === 'override-on')
    await asked('Locks are overridden from now on.', async () => api.setOverride(true));
}

function act(action: string): void {
  const { snapshot } = model;
  switch (action) {
    case 'update':
      void asked('An update was asked for; it waits for locks.', async (api) => api.update(false));
      break;
    case 'force':
    case 'override-on':
      if (snapshot !== undefined) confirmation.ask(action, snapshot);
      break;
    case 'override-off':
      void asked('Locks are respected again.', async (api) => api.setOverride(false));
      break;
    case 'confirm':
      if (session !== undefined) void confirmed(session.api);
      break;
    case 'cancel':
      confirmation.close();
      break;
    case 'sign-out':
      signOut();
      break;
    case 'more':
      model.shown += MORE;
      render();
      break;
  }
}

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('[data-do]') : null;
  if (button !== null) act(button.getAttribute('data-do') ?? '');
});

document.addEventListener('submit', (event) => {
  event.preventDefault();
  const key = byId('key', HTMLInputElement).value.trim();
  if (isKey(key)) signIn(key);
  else {
    model.why = 'This is no key: a key has no spaces, and only letters, digits and signs of ASCII.';
    render();
    byId('key', HTMLInputElement).focus();
  }
});

// Ages and countdowns go on.
setInterval(() => {
  if (model.snapshot !== undefined && !document.hidden) render();
}, 1000);

const kept = storedKey();
if (kept === undefined) {
  render();
  byId('key', HTMLInputElement).focus();
} else signIn(kept);
