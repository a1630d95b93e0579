// What is said about a lock that is in the way: to the caller's onBlocked, and in errors.

import { setImmediate } from 'node:timers';
import { LockError } from '../errors.js';
import { processName, wayOut } from '../inspect/actions.js';
import { glance } from '../inspect/glance.js';
import { inspectAllSync } from '../inspect/inspect.js';
import type { Holder, Inspection } from '../inspect/types.js';
import type { LockRecord } from './record.js';
import type { AcquireOptions, WaitOptions } from './types.js';

// Those who hold by a lock of their own, and how many share one of theirs.
function holdersText(holders: readonly Holder[]): string {
  const holding = holders.filter(({ role }) => role === 'holds');
  const shown = holding.length > 0 ? holding : holders.filter(({ role }) => role === 'named');
  const own = shown.filter(({ sharedWith }) => sharedWith === undefined);
  const names = new Map(own.map((holder) => [holder.pid, processName(holder)]));
  const sharing = new Set(shown.map(({ pid }) => pid)).size - names.size;
  const more = sharing > 0 ? ` and ${String(sharing)} that share it` : '';
  return `${[...names.values()].join(', ')}${more}`;
}

function recordText({ owner, host, pid, cmd, since, reason }: LockRecord): string {
  const why = reason === '' ? '' : `: ${reason}`;
  return `${owner ?? host} pid ${String(pid)} (${cmd}) since ${since}${why}`;
}

/** Who is in the way and how that is known, in one line. */
export function describe(blocker: Inspection): string {
  const { path, record, verdict, by, holders, evidence, protocol, object } = blocker;
  const how = by === undefined ? verdict : `${verdict}, ${by}`;
  const people = record === undefined ? holdersText(holders) : recordText(record);
  const who = people === '' ? (evidence.at(-1)?.text ?? 'unknown') : people;
  return `'${path}' is ${how} [${protocol ?? object ?? 'unknown'}]: ${who}`;
}

/**
 * The same blockers with all that can be said of them now: by the time that somebody reads an error,
 * whoever was in the way may be gone. One search through /proc for all.
 */
export function inFull(blockers: readonly Inspection[], options: AcquireOptions): Inspection[] {
  if (blockers.length === 0) return []; // the search is for whatever holds a file without a name too
  const now = inspectAllSync(
    blockers.map(({ path }) => path),
    options,
  );
  return blockers.map((blocker, at) => {
    const seen = now[at];
    // Out of descriptors, say: that is not what the caller asked for.
    if (seen === undefined || LockError.is(seen)) return blocker;
    return seen.verdict === 'held' && seen.id === blocker.id ? seen : blocker;
  });
}

/** The same blockers, with the holders that a try has no time to find. */
export function withHolders(
  blockers: readonly Inspection[],
  options: AcquireOptions,
): readonly Inspection[] {
  return blockers.map((blocker) => {
    if (blocker.by !== 'kernel' || blocker.holders.length > 0) return blocker;
    try {
      const seen = glance(blocker.path, options, false);
      return seen.verdict === 'held' && seen.id === blocker.id ? seen : blocker;
    } catch {
      return blocker; // out of descriptors, say: that is not what the caller asked for
    }
  });
}

interface Question {
  blockers: readonly Inspection[];
  answer: (seen: Inspection[]) => void;
}

const questions = new Map<AcquireOptions['empty'], Question[]>();

/**
 * {@link inFull} for a wait that ends. Those that end in the same turn of the event loop, a thousand
 * with one signal perhaps, share one look at the machine.
 */
export async function inFullTogether(
  blockers: readonly Inspection[],
  { empty }: AcquireOptions,
): Promise<Inspection[]> {
  return new Promise((answer) => {
    const waiting = questions.get(empty) ?? [];
    waiting.push({ blockers, answer });
    questions.set(empty, waiting);
    if (waiting.length > 1) return;
    setImmediate(() => {
      const asked = questions.get(empty) ?? [];
      questions.delete(empty);
      const all = asked.flatMap((one) => one.blockers);
      const seen = inFull(all, empty === undefined ? {} : { empty });
      for (const one of asked) one.answer(seen.splice(0, one.blockers.length));
    });
  });
}

/**
 * Tells one state of affairs from another: same text, same lock in the way. Whoever merely has the file
 * open, waits for it too, or shares a lock of another (a child between fork and exec) changes nothing.
 */
export function stateOf({ path, verdict, by, id, holders }: Inspection): string {
  const holding = holders.filter(
    ({ role, sharedWith }) => (role === 'holds' || role === 'named') && sharedWith === undefined,
  );
  const pids = new Set(holding.map(({ pid }) => pid)); // a flock and a record lock: one holder
  return JSON.stringify([path, verdict, by, id, [...pids]]);
}

/** The contention error for these blockers. */
export function contention(
  code: 'ERR_LOCK_HELD' | 'ERR_LOCK_TIMEOUT' | 'ERR_LOCK_ABORTED',
  blockers: readonly Inspection[],
  cause?: unknown,
): LockError {
  const what = {
    ERR_LOCK_HELD: 'locked',
    ERR_LOCK_TIMEOUT: 'timed out waiting',
    ERR_LOCK_ABORTED: 'wait aborted',
  }[code];
  const first = blockers[0];
  const details = { blockers, cause, ...(first && { path: first.path }) };
  return new LockError(code, `${what}: ${blockers.map(describe).join('; ')}`, details);
}

/** Reports each new state of affairs once. */
export class Announcer {
  #last = '';
  #kernelSeen = false;

  readonly options: WaitOptions;

  constructor(options: WaitOptions) {
    this.options = options;
  }

  announce(blocker: Inspection): void {
    const state = stateOf(blocker);
    if (state === this.#last) return;
    this.#last = state;
    this.options.onBlocked?.(blocker);
    if (blocker.by === 'kernel') this.#kernelSeen = true;
    // The kernel lock is gone and the file stays: without a word this would look like a hang.
    if (blocker.by === 'undecidable' && this.#kernelSeen && this.options.onBlocked === undefined)
      process.emitWarning(
        `the flock on '${blocker.path}' is gone, the file stays: ${wayOut(blocker)}`,
        { code: 'LOCKBRIDGE_UNDECIDABLE' },
      );
  }
}
