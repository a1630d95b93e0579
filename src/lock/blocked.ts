// What is said about a lock that is in the way: to the caller's onBlocked, and in errors.

import { LockError } from '../errors.js';
import { wayOut } from '../inspect/actions.js';
import type { Inspection } from '../inspect/types.js';
import type { WaitOptions } from './types.js';

/** Who is in the way and how that is known, in one line. */
export function describe(blocker: Inspection): string {
  const { record, verdict } = blocker;
  const how = blocker.by === undefined ? verdict : `${verdict}, ${blocker.by}`;
  const who =
    record !== undefined
      ? `${record.owner ?? record.host} pid ${String(record.pid)} (${record.cmd}) since ${record.since}${record.reason === '' ? '' : `: ${record.reason}`}`
      : blocker.holders.length > 0
        ? blocker.holders
            .map((h) => `pid ${String(h.pid)}${h.command ? ` (${h.command})` : ''}`)
            .join(', ')
        : (blocker.evidence.at(-1)?.text ?? 'unknown');
  return `'${blocker.path}' is ${how} [${blocker.protocol ?? blocker.object ?? 'unknown'}]: ${who}`;
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
    const key = `${blocker.verdict} ${blocker.by ?? ''} ${blocker.id ?? ''} ${blocker.holders.map((h) => h.pid).join()}`;
    if (key === this.#last) return;
    this.#last = key;
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
