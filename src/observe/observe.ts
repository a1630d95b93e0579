// The public way to follow locks: an async iterable of events, or a callback.

import { checkOptions } from '../lock/options.js';
import { invalid } from '../errors.js';
import type { Inspection } from '../inspect/types.js';
import { Observer } from './observer.js';
import type { LockEvent, ObserveOptions } from './types.js';

const MOST_QUEUED = 10_000;

/** Locks under observation; `close()` is idempotent and ends every iteration. */
export interface Observation extends AsyncIterable<LockEvent>, Disposable {
  /** What is at every path that is not free, as last seen. */
  locks(): Inspection[];
  /** Ends it, and the iteration. Idempotent. */
  close(): void;
}

/**
 * Follows lock files (there or not) and directories of them, those that appear later included, from
 * now on: iterate over it, or give `onEvent`. It keeps the process alive until closed, and removes
 * proven residue unless `clear` is false. LockError if a path cannot be watched.
 *
 * An iteration that falls behind by 10,000 events loses the oldest and gets an `overflow` for them.
 */
export function observe(
  paths: readonly string[],
  options: ObserveOptions & { onEvent?: (event: LockEvent) => void } = {},
): Observation {
  if (!Array.isArray(paths) || paths.some((path) => typeof path !== 'string' || path === ''))
    throw invalid('paths', 'a list of names', paths);
  checkOptions(options.empty === undefined ? {} : { empty: options.empty });
  const { onEvent } = options;
  const queue = new Queue();
  const put = (event: LockEvent): void => {
    queue.put(event);
  };
  const observer = new Observer(paths, options, onEvent ?? put);
  const close = (): void => {
    observer.close();
    queue.end();
  };
  return {
    locks: () => observer.locks(),
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncIterator]: () => ({
      next: async () => queue.take(),
      return: async () => {
        close();
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
}

/** Events that nobody has asked for yet. */
class Queue {
  #events: LockEvent[] = [];
  #wanting: ((result: IteratorResult<LockEvent, undefined>) => void)[] = [];
  #ended = false;

  put(event: LockEvent): void {
    const want = this.#wanting.shift();
    if (want !== undefined) {
      want({ done: false, value: event });
      return;
    }
    this.#events.push(event);
    if (this.#events.length <= MOST_QUEUED) return;
    const text = 'the one who reads the events is too slow: older ones are lost';
    this.#events = this.#events.slice(MOST_QUEUED / 2);
    const { at, us } = event;
    this.#events.unshift({ at, us, kind: 'overflow', path: '', verdict: 'free', text });
  }

  async take(): Promise<IteratorResult<LockEvent, undefined>> {
    const event = this.#events.shift();
    if (event !== undefined) return { done: false, value: event };
    if (this.#ended) return { done: true, value: undefined };
    return new Promise((resolve) => this.#wanting.push(resolve));
  }

  end(): void {
    this.#ended = true;
    for (const want of this.#wanting.splice(0)) want({ done: true, value: undefined });
  }
}
