// Being asked to finish early: a supervisor that waits with an update for this lock puts a file
// `updates.pending` into its directory (see docs/supervisor.md), and the holder gets it as an event.
//
// The file is a stranger's: it is never followed, at most 512 bytes of it are read, and only what has
// the right shape counts. Whoever can write to the directory can ask: it is a hint, not a command.

import { dirname, join } from 'node:path';
import { DEPTH, native } from '../native.js';
import { printable } from '../printable.js';
import { IN, NAME_EVENTS, subscribe, type DirectoryWatch } from '../watch.js';

// A stranger may write into the file instead of renaming it into place: when it is made it is empty.
const CHANGES = NAME_EVENTS | IN.MODIFY;

/** The file beside a lock file by which an update asks for it. */
export const PENDING_NAME = 'updates.pending';

/** What waits for the lock. `since` and `deadline` are RFC 3339. */
export interface UpdatesPending {
  /** What waits to be installed, as the supervisor names it. */
  release: string;
  /** RFC 3339: when it began to wait. */
  since: string;
  /** RFC 3339: when the supervisor stops waiting, if it is to. What it does then is its policy. */
  deadline?: string;
}

export interface RequestWatch {
  readonly signal: AbortSignal;
  close(): void;
}

// The watch must not keep the lock alive, or one that nobody can release would never be noticed.
const leaks = new FinalizationRegistry<DirectoryWatch>((watch) => {
  watch.close();
});

/** Watches the directory of a held lock until closed; fires once. */
export function watchRequests(lock: { path: string; held: boolean }): RequestWatch {
  const { path, held } = lock;
  const controller = new AbortController();
  const { signal } = controller;
  if (!held) return { signal, close: () => undefined };
  const file = join(dirname(path), PENDING_NAME);
  const look = (): void => {
    const pending = readPending(file);
    if (pending === undefined || signal.aborted) return;
    watch.close();
    controller.abort(pending);
  };
  const watch = subscribe(dirname(path), false, (name, mask) => {
    if ((name === PENDING_NAME || name === '') && (mask & CHANGES) !== 0) look();
  });
  leaks.register(lock, watch);
  look(); // it may have been there before
  const close = (): void => {
    watch.close();
  };
  return { signal, close };
}

/** What the file says; undefined if it is not there or has another shape. */
export function readPending(file: string): UpdatesPending | undefined {
  const look = native.look(file, DEPTH.content);
  if (look.error < 0 || look.content === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(look.content, 'latin1').toString()); // bytes, as the addon gives them
  } catch {
    return undefined;
  }
  const { release, since, deadline } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (typeof release !== 'string' || !isTime(since)) return undefined;
  return { release: printable(release), since, ...(isTime(deadline) && { deadline }) };
}

function isTime(value: unknown): value is string {
  return (
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:\d\d)$/.test(value)
  );
}
