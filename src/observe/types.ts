// What an observer says, as plain data: the shapes that the library yields and `--json` prints.

import type { HeldBy, Holder, Verdict } from '../inspect/types.js';

/**
 * - `watching`: this path is watched, and everything `found` was said before
 * - `found`: held, or left behind, before the watch began
 * - `took`: a kernel lock was taken, or the name of an existence lock appeared
 * - `waits`, `gave-up`: blocked behind a kernel lock; no longer, without having got it
 * - `inherited`: it goes on holding what `previous` took and no longer has open
 * - `released`: let go, by unlocking, closing or removing the name
 * - `died`: gone without letting go: the file is provably stale
 * - `broke`: the file was removed or replaced while `previous` held it; `holder` did, if known
 * - `lost`: it held the path, or still believes that it does
 * - `closed`: it closed the file that it had lost
 * - `brief`: came and went `count` times between two looks
 * - `appeared`, `vanished`: a file that is nobody's lock
 * - `cleared`: the observer removed what was proven to be residue
 * - `reason`: the record in the file says why it is held
 * - `overflow`: events were lost, so everything is looked at anew and no older lineage is proof
 * - `unwatched`: a directory is no longer watched, or cannot be
 */
export type LockEventKind =
  | 'watching'
  | 'found'
  | 'took'
  | 'waits'
  | 'gave-up'
  | 'inherited'
  | 'released'
  | 'died'
  | 'broke'
  | 'lost'
  | 'closed'
  | 'brief'
  | 'appeared'
  | 'vanished'
  | 'cleared'
  | 'reason'
  | 'overflow'
  | 'unwatched';

/** One thing that happened to one path, when it was seen: inotify(7) keeps no times. */
export interface LockEvent {
  /** RFC 3339, by the wall clock. */
  at: string;
  /** Microseconds since the observer began, by a clock that never jumps. */
  us: number;
  /** What happened. */
  kind: LockEventKind;
  /** The path it happened to. */
  path: string;
  /** What is at the path now. */
  verdict: Verdict;
  /** How `held` is known. */
  by?: HeldBy;
  /** Which protocol made the file, as far as its footprint tells. */
  protocol?: string;
  /** The inode that it happened to. */
  id?: string;
  /** Who did it, as far as that is known. */
  holder?: Holder;
  /** Who held it before. */
  previous?: Holder;
  /** How often, for `brief`. */
  count?: number;
  /** Of one who lost it: it still has the file, and may believe that it holds. */
  orphaned?: true;
  /** The line that `lockbridge watch` prints. */
  text: string;
}

/** An event before it is stamped with the time. */
export type Draft = Omit<LockEvent, 'at' | 'us'>;

/** How `observe` watches. */
export interface ObserveOptions {
  /** False: residue is reported and left. */
  clear?: boolean;
  /** As for `inspect`; a file that only this policy calls residue is never cleared. */
  empty?: 'held' | 'free';
}

/** What happened to a name between two looks at it. */
export interface Change {
  /** How often a file came to the name. */
  came: number;
  /** It lost its name at least once. */
  gone: boolean;
  /** A file was renamed over the one that was there. */
  replaced: boolean;
  /** We removed it. */
  cleared: boolean;
  /** Nothing is known of before. */
  initial: boolean;
}
