// From a judgement to the answer that people get: what inspecting and a taker's glance share.

import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { emptyPolicy } from '../env.js';
import { fromErrno, type LockError } from '../errors.js';
import type { EmptyPolicy } from '../lock/types.js';
import type { RawLook } from '../native.js';
import { actionsFor, type Seen } from './actions.js';
import type { LockHistory } from './history.js';
import { serviceOf } from './service.js';
import { sinceOf } from './since.js';
import type { Holder, Inspection } from './types.js';
import type { Judgement } from './verdict.js';

/** What the one who looks decides beforehand. */
export interface Policies {
  /** `free`: only kernel lockers live here. Default: LOCKBRIDGE_EMPTY, else `held`. */
  empty?: EmptyPolicy;
  /** What was on record under earlier boots. */
  history?: LockHistory;
}

const ENOENT = -2;
// Out of descriptors or memory is our failure, not a fact about the lock.
const OWN_FAILURES: readonly number[] = [-24, -23, -12];

/** Whether there is nothing at the path. */
export function isNothing(look: RawLook): boolean {
  return look.error === ENOENT;
}

/** Why a look says nothing about the path; undefined if it does. */
export function failureOf(path: string, look: RawLook): LockError | undefined {
  if (look.error < 0) return fromErrno(look.error, 'lstat', path);
  if (OWN_FAILURES.includes(look.openError)) return fromErrno(look.openError, 'open', path);
  return undefined;
}

/** What the policies say about one look. */
export function policiesFor(
  { empty, history }: Policies,
  look: RawLook,
): { empty: EmptyPolicy; earlierBoot: string | undefined } {
  return {
    empty: empty ?? emptyPolicy() ?? 'held',
    earlierBoot: history?.earlierBoot(look.id, look.ctime),
  };
}

/** The answer, without the ways out, for a path with nothing at it; LockError if its directory is not there either. */
export function freeAnswer(path: string, orphans: Holder[]): Seen | LockError {
  if (lstatSync(dirname(path), { throwIfNoEntry: false }) === undefined)
    return fromErrno(ENOENT, 'lstat', path);
  return {
    path,
    verdict: 'free',
    holders: [],
    orphans,
    evidence: [{ kind: 'nothing', text: 'nothing is at the path' }],
    unseen: [],
  };
}

/** The same with the ways out. */
export function withActions(seen: Seen): Inspection {
  return { ...seen, actions: actionsFor(seen) };
}

/** The answer for what was judged, without the ways out; `kernel`: who is behind its kernel locks. */
export function answer(
  path: string,
  look: RawLook,
  { named, ...judged }: Judgement,
  kernel: readonly Holder[],
  around: Pick<Inspection, 'orphans' | 'unseen'>,
): Seen {
  const service = serviceOf(path);
  const holders = [...kernel, ...named];
  return {
    path,
    ...judged,
    id: look.id,
    holders,
    since: sinceOf(look, judged, holders),
    changed: look.ctime,
    ...(service && { service }),
    ...around,
  };
}
