// A taker's look: without a search through /proc, because its own flock will decide, and with no more
// of the holders than their numbers and commands.

import { emptyPolicy } from '../env.js';
import { LockError } from '../errors.js';
import { DEPTH, GLIMPSE, native, type RawLook } from '../native.js';
import { lineageKept, lineagePending, originOf } from '../watch.js';
import {
  failureOf,
  freeSight,
  isNothing,
  policiesFor,
  Sight,
  withActions,
  type Policies,
} from './answer.js';
import { Directories } from './directories.js';
import { holdersOf } from './holders.js';
import { PidTable } from './liveness.js';
import { Processes } from './process.js';
import type { Inspection } from './types.js';
import { judge, type Judgement } from './verdict.js';

/**
 * What is at a path, for who is about to take it. LockError if it cannot be reached. In brief a lock of
 * lockbridge has no holders but that of its record.
 */
export function glance(path: string, policies: Policies, brief = true): Inspection {
  const depth = brief ? DEPTH.brief : DEPTH.content;
  const look = native.look(path, lineagePending(path) ? DEPTH.name : depth);
  if (isNothing(look)) {
    const seen = freeSight(path, []);
    if (LockError.is(seen)) throw seen;
    return withActions(seen.whole());
  }
  const failure = failureOf(path, look);
  if (failure !== undefined) throw failure;
  const seen = inBrief(path, look, judgeLook(path, look, policies, false));
  // Only where the policy is likely to say so: it means to judge twice.
  const onlyLocked =
    seen.by === 'kernel' && look.size === 0 && (policies.empty ?? emptyPolicy()) === 'free';
  if (onlyLocked && judgeLook(path, look, policies, true).verdict !== 'held')
    free.set(seen, look.ctime);
  return seen;
}

const free = new WeakMap<Inspection, number>();

/**
 * When the file was last changed, if it is empty and nobody's but for the kernel lock on it: as long as
 * that is so, whoever has its kernel locks may take it. Else -1.
 */
export function freeSince(seen: Inspection): number {
  return free.get(seen) ?? -1;
}

/**
 * Whether a glance would only say that it is held, for who wants no reasons. False proves nothing. Where
 * lineages are kept they decide about an empty file, and an open of ours would end one.
 */
export function surelyHeld(path: string, { empty }: Policies): boolean {
  if (lineageKept(path)) return false;
  const seen = native.glimpse(path);
  if (seen === GLIMPSE.empty) return (empty ?? emptyPolicy() ?? 'held') === 'held';
  return seen === GLIMPSE.held;
}

/** Judges once more a file that we hold the kernel locks of; who holds it, or undefined if nobody does. */
export function judgeHeld(path: string, fd: number, policies: Policies): Inspection | undefined {
  const look = native.lookHeld(fd);
  const failure = failureOf(path, look);
  if (failure !== undefined) throw failure;
  const judged = judgeLook(path, look, policies, true);
  return judged.verdict === 'held' ? inBrief(path, look, judged) : undefined;
}

function judgeLook(path: string, look: RawLook, policies: Policies, underLock: boolean): Judgement {
  return judge(look, {
    path,
    pids: new PidTable(),
    directories: new Directories(),
    origin: originOf(path),
    underLock,
    ...policiesFor(policies, look),
  });
}

function inBrief(path: string, look: RawLook, judged: Judgement): Inspection {
  const kernel = holdersOf(look, [], new Processes(true));
  return withActions(new Sight(path, look, judged, kernel, { orphans: [], unseen: [] }).whole());
}
