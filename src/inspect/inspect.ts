// The public look at a path: who holds it, and how that is known.

import { dirname } from 'node:path';
import { lstatSync } from 'node:fs';
import { emptyPolicy } from '../env.js';
import { fromErrno } from '../errors.js';
import { checkOptions, checkPath } from '../lock/options.js';
import type { EmptyPolicy } from '../lock/types.js';
import { DEPTH, native, type RawLook } from '../native.js';
import { lineagePending, originOf } from '../watch.js';
import type { Inspection } from './types.js';
import { judge } from './verdict.js';

export interface InspectOptions {
  /** `free`: only kernel lockers live here. Default: LOCKBRIDGE_EMPTY, else `held`. */
  empty?: EmptyPolicy;
}

const ENOENT = -2;
// Out of descriptors or memory is our failure, not a fact about the lock.
const OWN_FAILURES: readonly number[] = [-24, -23, -12];

/** Says what is at `path` without disturbing whoever uses it. LockError if it cannot be reached. */
export function inspectSync(path: string, options: InspectOptions = {}): Inspection {
  checkPath(path);
  checkOptions(options);
  return lookAndJudge(path, options, DEPTH.inspector);
}

/** A look at the depth that a taker or an inspector needs, judged. */
export function lookAndJudge(path: string, options: InspectOptions, depth: number): Inspection {
  const look = native.look(path, lineagePending(path) ? DEPTH.name : depth);
  if (look.error === ENOENT) return free(path);
  if (look.error < 0) throw fromErrno(look.error, 'lstat', path);
  if (OWN_FAILURES.includes(look.openError)) throw fromErrno(look.openError, 'open', path);
  return judgePath(path, look, options.empty);
}

/** {@link inspectSync} as a promise; it takes microseconds and no pool thread. */
export async function inspect(path: string, options: InspectOptions = {}): Promise<Inspection> {
  return Promise.resolve(inspectSync(path, options));
}

/** Judges a look at `path` with what this process knows about the directory. */
export function judgePath(
  path: string,
  look: RawLook,
  empty: EmptyPolicy | undefined,
  underLock = false,
): Inspection {
  return judge(look, {
    path,
    empty: empty ?? emptyPolicy() ?? 'held',
    origin: originOf(path),
    underLock,
  });
}

function free(path: string): Inspection {
  const parent = dirname(path);
  if (lstatSync(parent, { throwIfNoEntry: false }) === undefined)
    throw fromErrno(ENOENT, 'lstat', path);
  return {
    path,
    verdict: 'free',
    holders: [],
    orphans: [],
    unseen: [],
    actions: [],
    evidence: [{ kind: 'nothing', text: 'nothing is at the path' }],
  };
}
