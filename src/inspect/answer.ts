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
import { sinceOf, whenOf, type When } from './since.js';
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

/** For a path with nothing at it; LockError if its directory is not there either. */
export function freeSight(path: string, orphans: Holder[]): Sight | LockError {
  if (lstatSync(dirname(path), { throwIfNoEntry: false }) === undefined)
    return fromErrno(ENOENT, 'lstat', path);
  const evidence = [{ kind: 'nothing', text: 'nothing is at the path' }];
  const judged: Judgement = { verdict: 'free', named: [], evidence };
  return new Sight(path, undefined, judged, [], { orphans, unseen: [] });
}

/** The same with the ways out. */
export function withActions(seen: Seen): Inspection {
  return { ...seen, actions: actionsFor(seen) };
}

/**
 * A path as it was judged. Of ten thousand a line each is shown, so the rest of the answer is made when
 * it is asked for.
 */
export class Sight {
  readonly path: string;
  readonly judged: Judgement;
  /** Who holds it, who waits, who is named in the file. */
  readonly holders: Holder[];
  readonly orphans: Holder[];
  readonly #look: RawLook | undefined;
  readonly #unseen: string[];

  /** `look`: undefined where nothing is at the path; `kernel`: who is behind its kernel locks. */
  constructor(
    path: string,
    look: RawLook | undefined,
    judged: Judgement,
    kernel: Holder[],
    { orphans, unseen }: Pick<Inspection, 'orphans' | 'unseen'>,
  ) {
    this.path = path;
    this.judged = judged;
    this.holders = judged.named.length === 0 ? kernel : [...kernel, ...judged.named];
    this.orphans = orphans;
    this.#look = look;
    this.#unseen = unseen;
  }

  /** Since when it is held, or has been there; undefined where nothing is. */
  get when(): When | undefined {
    return this.#look && whenOf(this.#look, this.judged, this.holders);
  }

  /** The service whose lock directory this is. */
  get service(): Inspection['service'] {
    return serviceOf(this.path);
  }

  /** The whole answer but for the ways out. */
  whole(): Seen {
    const { path, holders, orphans } = this;
    const { verdict, by, protocol, object, record, certainty, evidence } = this.judged;
    const look = this.#look;
    const unseen = this.#unseen;
    if (look === undefined) return { path, verdict, holders, orphans, evidence, unseen };
    const service = this.service;
    return {
      path,
      ...(object !== undefined && { object }),
      evidence,
      ...(record !== undefined && { record }),
      ...(protocol !== undefined && { protocol }),
      ...(certainty !== undefined && { certainty }),
      verdict,
      ...(by !== undefined && { by }),
      id: look.id,
      holders,
      since: sinceOf(whenOf(look, this.judged, holders)),
      changed: look.ctime,
      ...(service && { service }),
      orphans,
      unseen,
    };
  }
}
