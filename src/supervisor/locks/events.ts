// Telling what happened to whoever listens.

import type { UpdateLockEvent } from './types.js';

// Listeners are called where locks have just been taken or lost.
/** Calls the listener; what it throws is thrown later, where it neither loses a lock nor stays unseen. */
export function tell(
  listener: ((event: UpdateLockEvent) => void) | undefined,
  event: UpdateLockEvent,
): void {
  try {
    listener?.(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
