// What a group is made of, and what it tells.

import type { Holder } from '../store/semaphore.js';

export interface GroupOptions {
  name: string;
  slots: number;
  /** Milliseconds after which a slot is taken away from its holder; for ever if absent. */
  maxAge?: number;
}

/** Told of whatever is worth a line in the log. */
export type OnEvent = (event: {
  what: 'granted' | 'given-back' | 'expired';
  group: string;
  holder: Holder;
}) => void;

/** All slots are taken: by whom, and when to ask again. */
export interface Full {
  slots: number;
  holders: readonly Holder[];
  /** Seconds. */
  retryAfter: number;
}
