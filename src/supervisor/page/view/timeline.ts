// The last hour, drawn: a lane for each service that was locked and for each app that was updated.

import { el } from '../dom.js';
import { HOUR_MS, type Lane, type Mark, type Span } from '../spans.js';
import { clock, duration, plural } from '../words.js';

const LEAST_PERCENT = 0.4; // what is shorter is still seen
const NAMES: Readonly<Record<Span['kind'], string>> = {
  held: 'locked',
  waiting: 'update waits',
  updating: 'locked by the supervisor',
};

function percent(part: number): string {
  return `${String(Math.round(Math.max(0, Math.min(100, part)) * 100) / 100)}%`;
}

function bar({ kind, from, to, open }: Span, start: number): Element {
  const x = ((from - start) / HOUR_MS) * 100;
  const width = Math.max(LEAST_PERCENT, ((to - from) / HOUR_MS) * 100);
  const when = `${clock(from)}–${open ? 'now' : clock(to)}`;
  return el(
    'rect',
    {
      class: kind,
      x: percent(Math.min(x, 100 - LEAST_PERCENT)),
      width: percent(width),
      y: '3',
      height: '12',
      rx: '2',
    },
    el('title', {}, `${NAMES[kind]} ${when} (${duration(to - from)})`),
  );
}

function mark({ at, kind, text }: Mark, start: number): Element {
  const x = percent(Math.min(((at - start) / HOUR_MS) * 100, 100 - LEAST_PERCENT));
  return el(
    'rect',
    { class: `mark ${kind}`, x, width: '3', y: '0', height: '18', rx: '1.5' },
    el('title', {}, `${clock(at)} ${text}`),
  );
}

function summary({ spans, marks }: Lane): string {
  const total = (kind: Span['kind']): string => {
    const all = spans.filter((span) => span.kind === kind);
    const length = all.reduce((sum, { from, to }) => sum + to - from, 0);
    return all.length === 0
      ? ''
      : `${NAMES[kind]} ${plural(all.length, 'time')}, ${duration(length)} in all`;
  };
  const parts = [
    total('held'),
    total('waiting'),
    total('updating'),
    ...marks.map(({ text }) => text),
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function lane(one: Lane, names: ReadonlyMap<string, string>, start: number): Element {
  const { app, service, spans, marks } = one;
  return el(
    'li',
    {
      class: service === undefined ? 'lane of-app' : 'lane',
      'data-key': JSON.stringify([app, service]),
    },
    el('span', { class: 'name' }, service ?? names.get(app) ?? app),
    el(
      'svg',
      { role: 'img', 'aria-label': summary(one), width: '100%', height: '18' },
      spans.map((span) => bar(span, start)),
      marks.map((each) => mark(each, start)),
    ),
  );
}

const LEGEND: readonly [tone: string, text: string][] = [
  ['held', 'locked'],
  ['waiting', 'update waits'],
  ['updating', 'updating'],
  ['override', 'overridden'],
  ['applied', 'applied'],
  ['failed', 'failed, lost or given up'],
  ['exit', 'exited'],
];

/** `names`: of the apps, by id. `since`: from when on the entries are all known. */
export function timelineView(
  lanes: readonly Lane[],
  names: ReadonlyMap<string, string>,
  now: number,
  since: number,
): Element {
  const start = now - HOUR_MS;
  const ticks = [0, 0.25, 0.5, 0.75].map((part) =>
    el('span', {}, clock(start + part * HOUR_MS).slice(0, 5)),
  );
  const shown = new Set(
    lanes.flatMap(({ spans, marks }) => [...spans, ...marks]).map(({ kind }) => kind),
  );
  return el(
    'div',
    { class: 'timeline' },
    since > start &&
      el('p', { class: 'about' }, `Busy: only what happened since ${clock(since)} is drawn.`),
    lanes.length === 0
      ? el('p', { class: 'empty' }, 'Nothing was locked and nothing was updated in the last hour.')
      : [
          el(
            'ul',
            { class: 'lanes' },
            lanes.map((one) => lane(one, names, start)),
          ),
          el('div', { class: 'ticks', 'aria-hidden': 'true' }, ticks, el('span', {}, 'now')),
          el(
            'ul',
            { class: 'legend' },
            LEGEND.filter(([kind]) => shown.has(kind as Span['kind'])).map(([kind, text]) =>
              el('li', { class: kind }, text),
            ),
          ),
        ],
  );
}
