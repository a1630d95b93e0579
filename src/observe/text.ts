// What an event says in one sentence, for people who read lines.

import { processName } from '../inspect/actions.js';
import type { Holder, Inspection } from '../inspect/types.js';
import type { Change, LockEventKind } from './types.js';

/** Who did it and whom it befell, as far as known. */
export interface People {
  holder?: Holder | undefined;
  previous?: Holder | undefined;
}

const LONGEST_COMMAND = 60;

function some(holder: Holder | undefined): string {
  if (holder === undefined) return 'somebody';
  const { command } = holder;
  if (command === undefined || command.length <= LONGEST_COMMAND) return processName(holder);
  return processName({ ...holder, command: `${command.slice(0, LONGEST_COMMAND)}…` });
}

function lock(holder: Holder | undefined, { by, protocol, object }: Inspection): string {
  if (by === 'kernel')
    return holder?.role === 'holds' || holder?.role === 'waits'
      ? `${holder.mode ?? 'exclusive'} ${protocol === 'lockbridge' ? 'lockbridge lock' : holder.source}`
      : 'kernel lock';
  const what = `${protocol ?? 'empty'} ${object ?? 'file'}`;
  return by === 'undecidable' ? `${what}, perhaps nobody's` : `${what}, an existence lock`;
}

const named = ({ role, alive }: Holder): string =>
  role === 'named' ? ` named in it (${alive === false ? 'dead' : 'alive or unknown'})` : '';

const left = (now: Inspection): string =>
  ({
    free: '',
    residue: '; what it left is residue',
    stale: '; the file is stale',
    held:
      now.by === 'undecidable'
        ? '; the file stays, and whether it is a lock cannot be told'
        : '; it is still held',
  })[now.verdict];

const SAYS: Readonly<
  Record<
    Exclude<LockEventKind, 'watching' | 'overflow' | 'unwatched'>,
    (who: People, now: Inspection, change: Change) => string
  >
> = {
  found: ({ holder }, now) =>
    now.verdict === 'held'
      ? `held by ${some(holder)}${holder ? named(holder) : ''} since before this watch: ${lock(holder, now)}`
      : `${now.verdict} since before this watch`,
  took: ({ holder }, now) =>
    `${some(holder)}${holder ? named(holder) : ''} took it: ${lock(holder, now)}`,
  waits: ({ holder }) => `${some(holder)} waits for it`,
  'gave-up': ({ holder }) => `${some(holder)} no longer waits, without having had it`,
  inherited: ({ holder, previous }) =>
    `${some(holder)} goes on holding what ${some(previous)} took and no longer has open`,
  released: ({ holder }, now) => `${some(holder)} let go${left(now)}`,
  died: ({ holder }) => `${some(holder)} is gone without letting go; the file is stale`,
  broke: ({ holder, previous }, now) =>
    `${some(holder)} ${now.verdict === 'free' ? 'removed' : 'replaced'} the file while ${some(previous)} held it`,
  lost: ({ holder }) =>
    `${some(holder)} lost it: the file that it locked is no longer at the path, and protects nothing`,
  closed: ({ holder }) => `${some(holder)} closed the file that it had lost`,
  brief: (_who, _now, { came }) =>
    `came and went ${came === 1 ? 'once' : `${String(came)} times`} before it could be looked at`,
  appeared: (_who, { verdict, evidence }) => `${verdict}: ${evidence.at(-1)?.text ?? ''}`,
  vanished: () => 'somebody removed what was nobody’s',
  cleared: () => 'removed: proven residue',
  reason: (_who, { record }) => `says why: ${record?.reason ?? ''}`,
};

/** One sentence, without the path. */
export function sentence(
  kind: keyof typeof SAYS,
  who: People,
  now: Inspection,
  change: Change,
): string {
  return SAYS[kind](who, now, change);
}
