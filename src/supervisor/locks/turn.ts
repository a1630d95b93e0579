// Whose turn it is: one locking operation at a time for an app, within this process. Fair: first come,
// first served. Several apps are taken in sorted order, so no two operations wait for each other.

import { setMaxListeners } from 'node:events';
import { LockError } from '../../errors.js';
import { deadline } from '../../lock/wait.js';

/** The turn at some apps. */
export interface Turn {
  /** Idempotent. */
  readonly end: () => void;
}

// By key: those who wait. A key is there for as long as somebody has the turn.
const queues = new Map<string, (() => void)[]>();

/**
 * Waits for the turn at each of `keys` (sorted; `app` is what to call it), at most `maxWait` ms in
 * all. ERR_UPDATES_LOCKED when the time is over, ERR_LOCK_ABORTED by `signal`; then it has none.
 */
export async function takeTurn(
  keys: readonly { key: string; app: string }[],
  maxWait: number,
  signal: AbortSignal | undefined,
): Promise<Turn> {
  const taken: string[] = [];
  const end = (): void => {
    for (const key of taken.splice(0)) pass(key);
  };
  let waiting: ReturnType<typeof deadline> | undefined;
  try {
    for (const { key, app } of keys) {
      if (queues.has(key)) {
        waiting ??= deadline(maxWait, signal);
        if (!(await queue(key, waiting.stop))) throw refused(app, signal);
      } else queues.set(key, []);
      taken.push(key);
    }
  } catch (error) {
    end();
    throw error;
  } finally {
    waiting?.clear();
  }
  return { end };
}

function pass(key: string): void {
  const next = queues.get(key)?.shift();
  if (next === undefined) queues.delete(key);
  else next();
}

async function queue(key: string, stop: AbortSignal): Promise<boolean> {
  const ahead = queues.get(key) ?? [];
  setMaxListeners(0, stop);
  return new Promise((resolve) => {
    const leave = (): void => {
      ahead.splice(ahead.indexOf(go), 1);
      resolve(false);
    };
    const go = (): void => {
      stop.removeEventListener('abort', leave);
      resolve(true);
    };
    if (stop.aborted) {
      resolve(false);
      return;
    }
    ahead.push(go);
    stop.addEventListener('abort', leave, { once: true });
  });
}

// The words are balena's, whose clients look for them.
function refused(app: string, signal: AbortSignal | undefined): LockError {
  if (signal?.aborted === true)
    return new LockError('ERR_LOCK_ABORTED', `wait aborted: another operation locks app ${app}`, {
      cause: signal.reason,
    });
  return new LockError(
    'ERR_UPDATES_LOCKED',
    `Locks for app ${app} are being held by another supervisor operation`,
  );
}
