// Waiting for a lock to change, on events: a kernel lock by a blocking flock on a thread of its own,
// an existence lock by inotify on the directory, with a slow poll behind both for filesystems that
// lose events.

import { basename, dirname } from 'node:path';
import { fromErrno } from '../errors.js';
import type { Inspection } from '../inspect/types.js';
import { native } from '../native.js';
import { IN, lineagePending, NAME_EVENTS, subscribe, type DirectoryWatch } from '../watch.js';
import { adopt, birth } from './attempt.js';
import { Lock } from './lock.js';
import type { AcquireOptions } from './types.js';

const SLOW_POLL_MS = 1000;

const EWOULDBLOCK = -11;
const ESTALE = -116;
const FLOCK = 0;
const RECORD = 1;

/** Watches one path for as long as somebody waits for it. Close it. */
export class PathWait {
  readonly #path: string;
  #watch: DirectoryWatch | undefined;
  #changed = false;
  #wake: (() => void) | undefined;
  #kind = FLOCK;

  constructor(path: string) {
    this.#path = path;
    this.#watch = this.#subscribe();
  }

  #subscribe(): DirectoryWatch {
    const name = basename(this.#path);
    return subscribe(dirname(this.#path), true, (seen, mask) => {
      if (seen !== name && seen !== '') return;
      // Our own looks open and close the file too, so a close counts only while its maker has it open:
      // then we look without opening.
      if ((mask & NAME_EVENTS) !== 0 || ((mask & IN.CLOSE) !== 0 && this.#madeNow)) this.#signal();
    });
  }

  #madeNow = false;

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  #signal(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /**
   * Resolves when what `blocker` describes may have changed, or `stop` fires. With `take`, a kernel
   * lock that was waited for is kept and the file adopted if it may be: then the Lock is the result.
   */
  async change(
    blocker: Inspection,
    stop: AbortSignal,
    take: AcquireOptions | undefined,
  ): Promise<Lock | Inspection | undefined> {
    if (this.#watch === undefined) {
      this.#watch = this.#subscribe();
      return undefined; // it may have changed before this
    }
    this.#madeNow = lineagePending(this.#path);
    if (blocker.by === 'kernel' && !this.#madeNow) {
      const fd = native.adoptOpen(this.#path);
      if (fd >= 0) return this.#kernel(fd, stop, take);
      if (fd === ESTALE) return undefined; // another file already
      // Not permitted to open it for writing: events and the slow poll must do.
    }
    await this.#sleep(stop);
    return undefined;
  }

  async #sleep(stop: AbortSignal): Promise<void> {
    if (!this.#changed && !stop.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, SLOW_POLL_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        stop.addEventListener('abort', this.#wake, { once: true });
      });
      if (this.#wake !== undefined) stop.removeEventListener('abort', this.#wake);
      this.#wake = undefined;
    }
    this.#changed = false;
  }

  async #kernel(
    fd: number,
    stop: AbortSignal,
    take: AcquireOptions | undefined,
  ): Promise<Lock | Inspection | undefined> {
    const result = await this.#block(fd, stop);
    this.#changed = false;
    if (result !== 0 || stop.aborted) {
      native.drop(fd);
      return undefined;
    }
    if (take === undefined) {
      if (native.adoptLock(fd) === EWOULDBLOCK) this.#otherKind();
      native.drop(fd);
      return undefined;
    }
    // Each of the calls that make the file ours is an event in its directory, which would wake the
    // thread that reads them and take its turn from us.
    const got = adopt(fd, this.#path, take, birth(take), () => {
      this.close();
    });
    if (got === 'locked') this.#otherKind();
    return got === 'changed' || got === 'locked' ? undefined : got;
  }

  // The other family's lock is in the way: wait for that one next.
  #otherKind(): void {
    this.#kind = this.#kind === FLOCK ? RECORD : FLOCK;
  }

  // Blocks on its own thread; a change of the name or `stop` ends it.
  async #block(fd: number, stop: AbortSignal): Promise<number> {
    if (stop.aborted || this.#changed) return -1;
    const result = await new Promise<number>((resolve) => {
      const id = native.startWait(fd, this.#kind, resolve);
      if (id < 0) {
        native.drop(fd);
        throw fromErrno(id, 'pthread_create', this.#path);
      }
      this.#wake = () => {
        native.cancelWait(id);
      };
      stop.addEventListener('abort', this.#wake, { once: true });
    });
    if (this.#wake !== undefined) stop.removeEventListener('abort', this.#wake);
    this.#wake = undefined;
    return result;
  }
}

/** A signal that fires on the caller's own signal or when `timeout` ms are over; call `clear`. */
export function deadline(
  timeout: number | undefined,
  signal: AbortSignal | undefined,
): { stop: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  // setTimeout's longest delay; a longer wait is as good as for ever.
  const timer =
    timeout === undefined || timeout > 0x7fffffff
      ? undefined
      : setTimeout(() => {
          controller.abort();
        }, timeout);
  // AbortSignal.any adds no listener to the caller's signal, which may serve any number of waits.
  const own = controller.signal;
  return {
    stop: signal === undefined ? own : AbortSignal.any([own, signal]),
    clear: () => {
      clearTimeout(timer);
    },
  };
}
