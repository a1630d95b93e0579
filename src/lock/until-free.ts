// Waiting until nobody holds a path, without taking it: for who only wants to know.

import { inspectSync } from '../inspect/inspect.js';
import type { Inspection } from '../inspect/types.js';
import { gaveUp } from './acquire.js';
import { Announcer } from './blocked.js';
import { checkPath, checkWaitOptions } from './options.js';
import type { WaitOptions } from './types.js';
import { deadline, PathWait } from './wait.js';

/**
 * Resolves with what is at each path once none is held at its turn (the paths are waited for one
 * after the other; nothing keeps them free afterwards). Errors as `acquire`.
 */
export async function waitUntilFree(
  paths: readonly string[],
  options: WaitOptions = {},
): Promise<Inspection[]> {
  for (const path of paths) checkPath(path);
  checkWaitOptions(options);
  const { stop, clear } = deadline(options.timeout, options.signal);
  try {
    const seen: Inspection[] = [];
    for (const path of paths) seen.push(await one(path, options, stop));
    return seen;
  } finally {
    clear();
  }
}

async function one(path: string, options: WaitOptions, stop: AbortSignal): Promise<Inspection> {
  let seen = inspectSync(path, options);
  if (seen.verdict !== 'held') return seen;
  const announcer = new Announcer(options);
  const wait = new PathWait(path);
  try {
    for (;;) {
      announcer.announce(seen);
      if (stop.aborted) throw await gaveUp(options, [seen]);
      await wait.change(seen, stop, undefined);
      seen = inspectSync(path, options);
      if (seen.verdict !== 'held') return seen;
    }
  } finally {
    wait.close();
  }
}
