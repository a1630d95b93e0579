// A taker's look: without a search through /proc, because its own flock will decide, and with no more
// of the holders than their numbers and commands.

import { LockError } from '../errors.js';
import { DEPTH, native, type RawLook } from '../native.js';
import { lineagePending, originOf } from '../watch.js';
import { answer, failureOf, freeAnswer, isNothing, policiesFor, type Policies } from './answer.js';
import { Directories } from './directories.js';
import { holdersOf } from './holders.js';
import { PidTable } from './liveness.js';
import { Processes } from './process.js';
import type { Inspection } from './types.js';
import { judge } from './verdict.js';

/** What is at a path, for who is about to take it. LockError if it cannot be reached. */
export function glance(path: string, policies: Policies): Inspection {
  const look = native.look(path, lineagePending(path) ? DEPTH.name : DEPTH.content);
  return brief(path, look, policies, false);
}

/** Judges once more a file that we hold the kernel locks of. */
export function judgeHeld(path: string, fd: number, policies: Policies): Inspection {
  return brief(path, native.lookHeld(fd), policies, true);
}

function brief(path: string, look: RawLook, policies: Policies, underLock: boolean): Inspection {
  const failure = isNothing(look) ? undefined : failureOf(path, look);
  if (failure !== undefined) throw failure;
  if (isNothing(look)) {
    const seen = freeAnswer(path, []);
    if (LockError.is(seen)) throw seen;
    return seen;
  }
  const judged = judge(look, {
    path,
    pids: new PidTable(),
    directories: new Directories(),
    origin: originOf(path),
    underLock,
    ...policiesFor(policies, look),
  });
  const kernel = holdersOf(look, [], new Processes(true));
  return answer(path, look, judged, kernel, { orphans: [], unseen: [] });
}
