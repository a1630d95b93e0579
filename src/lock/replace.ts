// Putting a fresh lock of ours in the place of what is at a path, in one step. Whether that may be
// done is decided by the caller.

import { LockError } from '../errors.js';
import type { Inspection } from '../inspect/types.js';
import { DEPTH, native } from '../native.js';
import { birth } from './attempt.js';
import { describe } from './blocked.js';
import { failureOn } from './failure.js';
import { Lock } from './lock.js';
import { parseRecord } from './record.js';
import type { AcquireOptions } from './types.js';

const EWOULDBLOCK = -11;
const ESTALE = -116;

/**
 * Our lock over what `seen` describes. With `id` it replaces that very object or nothing: `changed`,
 * also if somebody has adopted the file since.
 * LockError if the path cannot be taken, ERR_LOCK_HELD if somebody locks its directory.
 */
export function replace(
  path: string,
  seen: Inspection,
  id: string | undefined,
  options: AcquireOptions,
): Lock | 'changed' {
  const how = birth(options);
  const modified = id === undefined ? 0 : modifiedAs(seen, id);
  if (modified === undefined) return 'changed';
  const result = native.replace(path, ...how, id ?? '', modified);
  if (result >= 0) return new Lock(path, result, how[0]);
  if (result === ESTALE) return 'changed';
  if (result === EWOULDBLOCK)
    throw new LockError(
      'ERR_LOCK_HELD',
      `not broken: somebody locks its directory: ${describe(seen)}`,
      { path, blockers: [seen] },
    );
  throw failureOn(path, result);
}

// The mtime of the file if it still is the one that was judged, with the same record: whoever adopts a
// file keeps its id. What is written after this look changes the mtime, which is compared last.
function modifiedAs({ path, record }: Inspection, id: string): number | undefined {
  const look = native.look(path, DEPTH.content);
  if (look.error < 0 || look.id !== id) return undefined;
  const now = parseRecord(look.content);
  const same = JSON.stringify(now === 'residue' ? undefined : now) === JSON.stringify(record);
  return same ? look.mtime : undefined;
}
