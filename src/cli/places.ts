// The directories that ls, sweep and watch look below: those given, or the usual places.

import { LockError } from '../errors.js';
import { findLocks, USUAL_PLACES, usualPlaces, type Found } from '../inspect/find.js';
import { withActions, type Sight } from '../inspect/answer.js';
import { inspectEach, type InspectOptions } from '../inspect/inspect.js';
import type { Inspection } from '../inspect/types.js';
import { warn } from './output.js';

/** DIR arguments, or the usual places that exist. LockError if there is none. */
export function placesOf(args: Record<string, unknown>): { dirs: string[]; given: boolean } {
  const dirs = Array.isArray(args['dir']) ? args['dir'].map(String) : [];
  if (dirs.length > 0) return { dirs, given: true };
  const usual = usualPlaces();
  if (usual.length > 0) return { dirs: usual, given: false };
  throw new LockError(
    'ERR_LOCK_PATH',
    `none of the usual places is here (${USUAL_PLACES.join(', ')}); name a directory`,
  );
}

/**
 * Every lock below the places with its index in the order of their paths, told when it is judged; of
 * those that come twice the last counts. What could not be looked at is said on stderr.
 */
export function eachBelow(
  args: Record<string, unknown>,
  all: boolean,
  options: InspectOptions,
  visit: (index: number, seen: Sight) => void,
): void {
  const { dirs, given } = placesOf(args);
  const found = dirs.map((dir): Found => findLocks(dir, { all, follow: given }));
  for (const [at, { unreadable, cut }] of found.entries()) {
    for (const path of unreadable) warn(`not listed: '${path}': not permitted for this user`);
    if (cut) warn(`not all of '${dirs[at] ?? ''}' was looked at: too many entries, or too deep`);
  }
  const paths = [...new Set(found.flatMap((one) => one.paths))];
  inspectEach(paths, options, (index, one) => {
    if (LockError.is(one)) warn(one.message);
    else if (one.judged.verdict !== 'free' || one.orphans.length > 0) visit(index, one);
  });
}

/** The same, all of them, with the ways out. */
export function lookBelow(
  args: Record<string, unknown>,
  all: boolean,
  options: InspectOptions,
): Inspection[] {
  const found: Inspection[] = [];
  eachBelow(args, all, options, (index, seen) => (found[index] = withActions(seen.whole())));
  return Object.values(found);
}
