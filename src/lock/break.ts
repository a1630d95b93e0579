// Breaking a lock: what is provably nobody's without asking, a held one only by force. Force
// replaces in one step, so the name never vanishes while somebody else could create it, and the
// former holder, if it is a lockbridge, learns at once.

import { invalid, LockError } from '../errors.js';
import type { LockHistory } from '../inspect/history.js';
import { inspectSync } from '../inspect/inspect.js';
import { heldBySupervisor } from '../inspect/supervisor.js';
import type { Inspection } from '../inspect/types.js';
import { attempt } from './attempt.js';
import { contention, describe, inFull } from './blocked.js';
import { Lock } from './lock.js';
import { checkPath } from './options.js';
import { replace } from './replace.js';
import type { AcquireOptions } from './types.js';

/** How somebody else's lock is taken. */
export interface BreakOptions extends AcquireOptions {
  /** Take it from a live holder too. */
  force?: boolean;
  /** Break only the lock of this id, as `inspect` gave it, never its successor. */
  id?: string;
  /** What was on record under earlier boots. */
  history?: LockHistory;
}

/**
 * Takes the lock on `path` from whoever has it and returns it held; release it to leave the path
 * free. Without `force` a held lock is ERR_LOCK_HELD. With `id` it is that very lock or none:
 * ERR_LOCK_CHANGED. A lock that a live lockbridge or Helios supervisor holds is never taken.
 */
export function takeSync(path: string, options: BreakOptions = {}): Lock {
  checkPath(path);
  checkId(options.id);
  const before = inspectSync(path, options);
  if (options.id !== undefined && before.id !== options.id) throw changed(path, before);
  const got = attempt(path, options);
  if (got instanceof Lock) return got;
  // A taker knows no history, and adopts no directory: what is stale by it is replaced.
  const dead = before.verdict === 'stale' && got.by !== 'kernel' && got.id === before.id;
  if (options.force !== true && !dead) throw contention('ERR_LOCK_HELD', [got]);
  const [now = got] = inFull([got], options);
  if (heldBySupervisor(now))
    throw new LockError(
      'ERR_LOCK_HELD',
      `not broken: a live ${now.protocol === 'helios' ? 'Helios' : 'lockbridge'} supervisor holds it: ${describe(now)}; end its operation instead`,
      { path, blockers: [now] },
    );
  const taken = replace(path, now, dead ? got.id : options.id, options);
  if (taken === 'changed') throw changed(path, inspectSync(path, options));
  return taken;
}

function checkId(id: string | undefined): void {
  if (id !== undefined && !/^[0-9a-f]+:[0-9a-f]+:\d+@-?\d+\.\d{1,9}$/.test(id))
    throw invalid('id', 'as `lockbridge explain` shows it', id);
}

function changed(path: string, now: Inspection): LockError {
  const what = now.verdict === 'free' ? `'${path}' is free` : describe(now);
  return new LockError(
    'ERR_LOCK_CHANGED',
    `not broken: that lock is gone, ${what}; look again with \`lockbridge explain ${path}\``,
    { path, blockers: [now] },
  );
}

/** {@link takeSync} and let go: the path is free afterwards. Returns what was there. */
export function breakSync(path: string, options: BreakOptions = {}): Inspection {
  const before = inspectSync(path, options);
  if (before.verdict !== 'free' || options.id !== undefined)
    takeSync(path, { reason: 'lockbridge break', ...options }).releaseSync();
  return before;
}
