// Processes and times as people read them.

import type { Container, Holder, Inspection, Since } from '../inspect/types.js';

const STEPS: readonly [seconds: number, unit: string][] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** How old, in its largest unit: `3 min`; '' where the clock says that it is still to come. */
export function age(at: string, now: number = Date.now()): string {
  return ageOf(Date.parse(at), now);
}

/** The same of milliseconds since the epoch. */
export function ageOf(ms: number, now: number = Date.now()): string {
  const seconds = Math.floor((now - ms) / 1000);
  for (const [size, unit] of STEPS)
    if (seconds >= size) return `${String(Math.floor(seconds / size))} ${unit}`;
  return seconds < 0 ? '' : '0 s';
}

const FROM: Readonly<Record<Since['from'], string>> = {
  record: 'says its record',
  birth: 'when its file was made',
  change: 'when its file last changed',
  process: 'when its process started, or later',
};

export function sinceText({ at, from }: Since): string {
  const old = age(at);
  return `${at} (${old === '' ? 'in the future by this clock' : `${old} ago`}; ${FROM[from]})`;
}

function place({ container, unit, nspid }: Holder): string {
  if (container !== undefined) return containerText(container);
  if (unit !== undefined) return `unit ${unit}`;
  return nspid === undefined ? '' : 'in a pid namespace of its own, of no known container';
}

/** A container in words. */
export function containerText({ engine, id, name, image, service }: Container): string {
  const parts = [
    `container ${name ?? id.slice(0, 12)} (${engine}${name === undefined ? '' : ` ${id.slice(0, 12)}`})`,
    image === undefined ? '' : `image ${image}`,
    service === undefined ? '' : `service ${service}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

const DOES: Readonly<Record<Holder['role'], string>> = {
  holds: 'holds',
  waits: 'waits for',
  named: 'is named in the file',
  open: 'has it open, without a lock',
};

function what(holder: Holder): string {
  if (holder.sharedWith !== undefined)
    return `shares the ${holder.source} of pid ${String(holder.sharedWith)}: it stays locked until both end`;
  const lock =
    holder.role === 'holds' || holder.role === 'waits'
      ? ` ${holder.mode === 'shared' ? 'a shared' : 'an exclusive'} ${holder.source}${holder.range === undefined ? '' : ` on bytes ${holder.range}`}`
      : '';
  const gone =
    holder.alive === false
      ? holder.role === 'named'
        ? ', and no process has that number'
        : ', and has exited: whoever inherited its descriptor holds it'
      : '';
  return `${DOES[holder.role]}${lock}${gone}`;
}

/**
 * Who holds a lock, in a few words: container and command, whom the file names, or at least whose
 * lock directory it is; `-` if nothing is known.
 */
export function whoShort({
  holders,
  record,
  service,
}: Pick<Inspection, 'holders'> & {
  [Known in 'record' | 'service']?: Inspection[Known] | undefined;
}): string {
  const holder =
    holders.find(({ role }) => role === 'holds') ?? holders.find(({ role }) => role === 'open');
  if (holder !== undefined) {
    const { pid, command = '', container } = holder;
    const who = container?.service ?? container?.name ?? container?.id.slice(0, 12);
    return cut(`${who === undefined ? '' : `${who}: `}pid ${String(pid)} ${command}`.trim());
  }
  if (record !== undefined)
    return cut(`${record.owner ?? record.host} pid ${String(record.pid)} ${record.cmd}`);
  const named = holders.find(({ role }) => role === 'named');
  if (named === undefined) return service === undefined ? '-' : `service ${service.service}?`;
  const lives = { true: 'lives', false: 'dead', undefined: 'unknown' }[String(named.alive)] ?? '';
  return `names pid ${String(named.pid)} (${lives})`;
}

const WIDTH = 48;

function cut(text: string): string {
  return text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 1)}…`;
}

/** Two or three lines about one process. */
export function holderLines(holder: Holder): string[] {
  const inside = holder.nspid?.at(-1);
  const number = `pid ${String(holder.pid)}${inside === undefined ? '' : ` (${String(inside)} in its container)`}`;
  const lines = [`${number} ${what(holder)}`];
  if (holder.command !== undefined) lines.push(`  ${holder.command}`);
  const uid = holder.uid === undefined ? '' : `uid ${String(holder.uid)}`;
  const user = holder.user === undefined ? uid : `user ${holder.user}`;
  const started = holder.started === undefined ? '' : `started ${holder.started}`;
  const about = [user, started, place(holder)].filter((part) => part !== '').join(', ');
  if (about !== '') lines.push(`  ${about}`);
  return lines;
}
