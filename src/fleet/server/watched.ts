// A store under observation: how long it takes, and one line when it fails and when it is back.

import type { Store } from '../store/types.js';
import type { Metrics } from './metrics.js';

/** The same store; every call is counted. */
export function watched(store: Store, metrics: Metrics, onWarning: (text: string) => void): Store {
  let failing = false;
  const watch = async <T>(call: () => Promise<T>): Promise<T> => {
    const done = metrics.storeSeconds.startTimer();
    try {
      const answer = await call();
      if (failing) onWarning('the store answers again');
      failing = false;
      return answer;
    } catch (error) {
      metrics.storeFailures.inc();
      if (!failing) onWarning(error instanceof Error ? error.message : String(error));
      failing = true;
      throw error;
    } finally {
      done();
    }
  };
  return {
    swap: async (group, version, next) => watch(async () => store.swap(group, version, next)),
    all: async () => watch(async () => store.all()),
    close: () => {
      store.close();
    },
  };
}
