// From two looks at a path to what happened in between. Pure: the table in the tests is its manual.

import type { Holder, Inspection } from '../inspect/types.js';
import { sentence, type People } from './text.js';
import type { Change, Draft, LockEventKind } from './types.js';

type Kind = Exclude<LockEventKind, 'watching' | 'overflow' | 'unwatched'>;
type Say = (kind: Kind, who?: People, id?: string) => void;
type ByPid = ReadonlyMap<number, Holder>;

function byPid(holders: readonly Holder[], role: Holder['role'], shared = false): ByPid {
  const found = new Map<number, Holder>();
  for (const holder of holders)
    if (holder.role === role && (holder.sharedWith !== undefined) === shared)
      if (!found.has(holder.pid)) found.set(holder.pid, holder);
  return found;
}

/** A lock as the table sees it: each process once, whatever locks it has and whoever shares them. */
interface Side {
  seen: Inspection;
  holds: ByPid;
  heirs: ByPid;
  waits: ByPid;
  orphans: ByPid;
}

function side(seen: Inspection): Side {
  return {
    seen,
    holds: byPid(seen.holders, 'holds'),
    heirs: byPid(seen.holders, 'holds', true),
    waits: byPid(seen.holders, 'waits'),
    orphans: byPid(seen.orphans, 'holds'),
  };
}

/** What happened between two looks at one path, in the order in which it must have happened. */
export function diff(before: Inspection, after: Inspection, change: Change): Draft[] {
  const drafts: Draft[] = [];
  const was = side(before);
  const is = side(after);
  const say: Say = (kind, who = {}, id = after.id) => {
    const { path, verdict, by, protocol } = after;
    drafts.push({
      kind,
      path,
      verdict,
      ...(by && { by }),
      ...(protocol !== undefined && { protocol }),
      ...(id !== undefined && { id }),
      ...(who.holder && { holder: who.holder }),
      ...(who.previous && { previous: who.previous }),
      ...(kind === 'brief' && { count: change.came }),
      ...(kind === 'lost' && who.holder && is.orphans.has(who.holder.pid) && { orphaned: true }),
      text: sentence(kind, who, after, change),
    });
  };
  const lost = new Set<number>(); // whose loss was said
  if (before.verdict === 'free' && after.verdict === 'free') {
    if (change.came > 0) say('brief');
  } else if (before.id === after.id) samePeople(was, is, say);
  else {
    if (before.verdict !== 'free') ended(was, is, change, say, lost);
    if (after.verdict !== 'free') began(is, change, say);
  }
  waiters(was, is, say);
  orphans(was, is, say, lost);
  const { record } = after;
  if (record !== undefined && record.reason !== '' && record.since !== before.record?.since)
    say('reason', one(is.holds));
  return drafts;
}

const one = (people: ByPid): People => ({ holder: [...people.values()][0] });
const absent = (from: ByPid, ...others: ByPid[]): Holder[] =>
  [...from.values()].filter(({ pid }) => !others.some((other) => other.has(pid)));

function samePeople(was: Side, is: Side, say: Say): void {
  const { seen: before } = was;
  const { seen: after } = is;
  const end = after.verdict === 'stale' ? 'died' : 'released';
  const heir = absent(is.holds, was.holds).find(({ pid }) => was.heirs.has(pid));
  for (const holder of absent(was.holds, is.holds, is.heirs)) {
    if (heir !== undefined) say('inherited', { holder: heir, previous: holder });
    else say(end, { holder });
  }
  for (const holder of absent(is.holds, was.holds, was.heirs)) say('took', { holder });
  if (was.holds.size + is.holds.size > 0) return;
  // Nobody whom we can see: only what the file shows.
  const locked = before.by === 'kernel';
  if (locked !== (after.by === 'kernel')) say(locked ? end : 'took');
  else if (before.verdict === after.verdict) return;
  else if (after.verdict === 'stale') say('died', claimed(before));
  else say(after.verdict === 'held' ? 'took' : 'appeared');
}

// Whom an existence lock names, if its file does.
const claimed = ({ holders }: Inspection): People => ({
  holder: holders.find(({ role }) => role === 'named'),
});

function ended(was: Side, is: Side, change: Change, say: Say, lost: Set<number>): void {
  const { seen: before } = was;
  const { id } = before;
  if (before.verdict !== 'held' || change.cleared) {
    say(change.cleared ? 'cleared' : 'vanished', {}, id);
    return;
  }
  const orphaned = [...was.holds.keys()].some((pid) => is.orphans.has(pid));
  if (!change.replaced && !orphaned) {
    for (const holder of was.holds.values()) say('released', { holder }, id);
    if (was.holds.size === 0) say('released', claimed(before), id);
    return;
  }
  const previous = one(was.holds).holder ?? claimed(before).holder;
  say('broke', { ...(is.seen.verdict !== 'free' ? one(is.holds) : {}), previous }, id);
  for (const holder of was.holds.values()) {
    lost.add(holder.pid);
    say('lost', { holder }, id);
  }
}

function began({ seen, holds }: Side, { initial }: Change, say: Say): void {
  if (seen.verdict !== 'held') {
    say(initial ? 'found' : 'appeared');
    return;
  }
  const kind = initial ? 'found' : 'took';
  for (const holder of holds.values()) say(kind, { holder });
  if (holds.size === 0) say(kind, seen.by === 'kernel' ? {} : claimed(seen));
}

function waiters(was: Side, is: Side, say: Say): void {
  for (const holder of absent(is.waits, was.waits)) say('waits', { holder });
  for (const holder of absent(was.waits, is.waits, is.holds, is.orphans))
    say('gave-up', { holder });
}

function orphans(was: Side, is: Side, say: Say, lost: ReadonlySet<number>): void {
  for (const holder of absent(is.orphans, was.orphans))
    if (!lost.has(holder.pid)) say('lost', { holder });
  for (const holder of absent(was.orphans, is.orphans)) say('closed', { holder });
}

/**
 * Whether a second look is needed to tell: a holder between unlinking its file and closing it looks
 * like one that lost it, a file in its maker's hands may get its lock next, and /proc/locks, which
 * is no snapshot, may have missed a waiter.
 */
export function unsettled(before: Inspection, after: Inspection): boolean {
  const was = side(before);
  const is = side(after);
  return (
    after.evidence.some(({ kind }) => kind === 'being-made') ||
    absent(is.orphans, was.orphans).length > 0 ||
    (before.id === after.id &&
      absent(was.waits, is.waits, is.holds).some(({ pid }) =>
        after.holders.some((holder) => holder.role === 'open' && holder.pid === pid),
      ))
  );
}
