// Ask before you take: while an update waits, a supervisor leaves `updates.pending` beside the lock,
// and whoever holds it can finish early. Made by anybody and so not trusted: never followed, at most
// 512 bytes of it are read, and it frees nothing.

import { dirname, join } from 'node:path';
import { LockError } from '../errors.js';
import { DEPTH, native } from '../native.js';
import { printable } from '../printable.js';
import { IN, NAME_EVENTS, subscribe, type DirectoryWatch } from '../watch.js';
import type { UpdateRequest } from './types.js';

/** The file in a lock directory that says that an update waits. */
export const PENDING_NAME = 'updates.pending';

/** What the file in `dir` says; undefined if it is not there or says nothing of use. */
export function readRequest(dir: string): UpdateRequest | undefined {
  const { error, content } = native.look(join(dir, PENDING_NAME), DEPTH.content);
  if (error < 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return undefined;
  }
  const { release, since, deadline } = (value ?? {}) as Record<string, unknown>;
  if (typeof release !== 'string' || typeof since !== 'string') return undefined;
  const request: UpdateRequest = { release: printable(release), since: printable(since) };
  if (typeof deadline === 'string') request.deadline = printable(deadline);
  return request;
}

/** Watches for the request until it comes or is closed. Refers to no lock, which may be collected. */
export class Requested {
  readonly #controller = new AbortController();
  readonly #dir: string;
  #watch: DirectoryWatch | undefined;

  constructor(path: string) {
    this.#dir = dirname(path);
    try {
      this.#watch = subscribe(this.#dir, false, (name, mask) => {
        if (name !== '' && name !== PENDING_NAME) return;
        if ((mask & (NAME_EVENTS | IN.MODIFY)) !== 0) this.#look();
      });
    } catch (error) {
      if (!LockError.is(error)) throw error;
      process.emitWarning(`a request for '${path}' will not be noticed: ${error.message}`, {
        code: 'LOCKBRIDGE_NO_WATCH',
      });
    }
    this.#look(); // it may have come before the watch began
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  #look(): void {
    const request = readRequest(this.#dir);
    if (request === undefined) return;
    this.close();
    this.#controller.abort(request);
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }
}
