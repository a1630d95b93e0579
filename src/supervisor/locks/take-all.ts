// One locking operation, from the request to the locks.
//
// 1. Wait for the turn: one locking operation for an app at a time, in this process.
// 2. Try: every lock file of every service, as one set. Nothing is kept of a try that fails.
// 3. Somebody is in the way: give up the turn, so that a forced operation gets through meanwhile, wait
//    until they let go, and begin anew.
// 4. Held: the turn is kept too, until the release.

import { LockError } from '../../errors.js';
import type { Inspection } from '../../inspect/types.js';
import type { Lock } from '../../lock/lock.js';
import {
  isBlockers,
  tryTogether,
  type Blockers,
  type TogetherOptions,
} from '../../lock/together.js';
import { deadline } from '../../lock/wait.js';
import { holderText, updatesLocked, type Scene } from './blockers.js';
import { checkDirs, prepareDirs, type Ways } from './directories.js';
import { tell } from './events.js';
import { HeldUpdateLocks } from './held-update-locks.js';
import { appName, type AppServices } from './places.js';
import { abortedBy, isAborted } from './request.js';
import { takeTurn } from './turn.js';
import type { LockRequest, UpdateLocksOptions } from './types.js';
import { untilGone, whenChanged } from './until-gone.js';

/** The uid that balena's supervisor locks as. */
export const NOBODY = 65534;
const MAX_WAIT_MS = 10_000;

/** What is locked as one. */
export interface LockableSet {
  /** Sorted, each once. */
  paths: readonly string[];
  apps: readonly AppServices[];
  options: UpdateLocksOptions;
  scene: Scene;
  ways: Ways;
  /** For each app, sorted. */
  turns: readonly { key: string; app: string }[];
}

/** Takes every lock of the set or none; see {@link UpdateLocks.lock} for the errors. */
export async function takeAll(set: LockableSet, request: LockRequest): Promise<HeldUpdateLocks> {
  const { scene } = set;
  const { timeout = 0, signal, maxWait = MAX_WAIT_MS, force = false, onBlocked } = request;
  if (isAborted(signal)) throw abortedBy(signal, []);
  const waiting = timeout === 0 ? undefined : deadline(timeout, signal); // most make one try
  const blocked = whenChanged((seen) => onBlocked?.(scene.noted(seen)));
  const locked = (seen: readonly Inspection[]): LockError =>
    updatesLocked(scene.noted(seen), (path) => scene.place(path));
  const taking = takingFor(set, request);
  try {
    for (;;) {
      const turn = await takeTurn(set.turns, maxWait, signal);
      let got: readonly Lock[] | Blockers | undefined;
      try {
        got = tryAll(set, taking);
        if (!isBlockers(got)) return held(set, request, taking, got, turn.end);
      } finally {
        if (got === undefined || isBlockers(got)) turn.end();
      }
      if (waiting === undefined) throw locked(got);
      const { stop } = waiting;
      const left = await untilGone(got, stop, (seen) => scene.still(seen, force), blocked);
      if (isAborted(signal)) throw abortedBy(signal, left);
      // Whoever went as the time ran out is in the way no more: one more try.
      if (stop.aborted && left.length > 0) throw locked(left);
      await new Promise(setImmediate); // whatever happens, others get to run between two tries
    }
  } finally {
    waiting?.clear();
  }
}

// The directories are made when one is found missing, so that it costs nothing otherwise.
function tryAll(set: LockableSet, options: TogetherOptions): readonly Lock[] | Blockers {
  checkDirs(set.ways);
  try {
    return tryTogether(set.paths, options);
  } catch (error) {
    if (LockError.is(error) && error.code === 'ERR_LOCK_HELD')
      throw new LockError('ERR_UPDATES_LOCKED', error.message, {
        blockers: error.blockers.map((seen) => set.scene.blocker(seen)),
        cause: error,
      });
    if (!LockError.is(error) || error.code !== 'ERR_LOCK_PATH') throw error;
  }
  prepareDirs(set.options.root, set.apps);
  return tryTogether(set.paths, options);
}

function takingFor({ options, scene }: LockableSet, request: LockRequest): TogetherOptions {
  const { history, lockfileUid = NOBODY, onEvent } = options;
  const { force = false, reason = 'update' } = request;
  return {
    reason,
    role: 'supervisor',
    ...(process.getuid?.() === 0 && { owner: { uid: lockfileUid, gid: lockfileUid } }),
    ...(history && { history }),
    overrule: (seen) => scene.overruled(seen, force) !== undefined,
    onOverruled: (seen) => {
      const why = scene.overruled(seen, force) ?? 'by force';
      const holder = holderText(seen);
      const text = `the lock of ${holder} was replaced: ${why}`;
      tell(onEvent, { kind: 'overridden', ...scene.place(seen.path), holder, reason, text });
    },
  };
}

function held(
  set: LockableSet,
  { reason }: LockRequest,
  taking: TogetherOptions,
  locks: readonly Lock[],
  endTurn: () => void,
): HeldUpdateLocks {
  const { onEvent } = set.options;
  const tellAll = (kind: 'taken' | 'released'): void => {
    if (onEvent === undefined) return;
    for (const { app, services } of set.apps) {
      const one = services.length === 1;
      const text = `update locks of ${one ? `service ${String(services[0])}` : `${String(services.length)} services`} ${kind}`;
      tell(onEvent, { kind, app: appName(app), ...(reason !== undefined && { reason }), text });
    }
  };
  return new HeldUpdateLocks(locks, taking, {
    place: (path) => set.scene.place(path),
    tell: (event) => {
      tell(onEvent, event);
    },
    began: () => {
      tellAll('taken');
    },
    ended: () => {
      endTurn();
      tellAll('released');
    },
  });
}
