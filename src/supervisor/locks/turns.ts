// One locking operation per app at a time in this process: whoever comes second waits for the turn.

import { performance } from 'node:perf_hooks';

const waiting = new Map<string, (() => void)[]>();

/**
 * Takes the turn of every app, in this order; the function that gives them back, or undefined when
 * `maxWait` (milliseconds) is over or `signal` fires: then none is kept.
 */
export async function takeTurns(
  apps: readonly string[],
  maxWait: number,
  signal: AbortSignal | undefined,
): Promise<(() => void) | undefined> {
  const deadline = performance.now() + maxWait;
  const taken: string[] = [];
  const giveBack = (): void => {
    for (const app of taken.splice(0)) pass(app);
  };
  for (const app of apps) {
    if (!(await take(app, deadline - performance.now(), signal))) {
      giveBack();
      return undefined;
    }
    taken.push(app);
  }
  return giveBack;
}

async function take(app: string, left: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted === true) return false;
  const queue = waiting.get(app);
  if (queue === undefined) {
    waiting.set(app, []);
    return true;
  }
  if (left <= 0) return false;
  return new Promise((resolve) => {
    const settle = (got: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', give);
      resolve(got);
    };
    const mine = (): void => {
      settle(true);
    };
    const give = (): void => {
      queue.splice(queue.indexOf(mine), 1);
      settle(false);
    };
    // setTimeout's longest delay; longer is as good as for ever.
    const timer = left > 0x7fffffff ? undefined : setTimeout(give, left);
    signal?.addEventListener('abort', give, { once: true });
    queue.push(mine);
  });
}

function pass(app: string): void {
  const next = waiting.get(app)?.shift();
  if (next === undefined) waiting.delete(app);
  else next();
}
