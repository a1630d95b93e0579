// Waiting for a lock to change, on events: a kernel lock by a blocking call on a thread of its own, an
// existence lock by inotify on the directory and by the end of the process that it names.
//
// 1. Who wants the lock leaves a claim with whoever learns first that it may be free, a native thread,
//    which takes what needs no judgement at once; the rest is judged here.
// 2. What no event tells is looked after by `recheck`.

import { basename, dirname } from 'node:path';
import type { Inspection } from '../inspect/types.js';
import { CLAIMED, native, type WaitDone } from '../native.js';
import { IN, lineagePending, NAME_EVENTS, subscribe, type DirectoryWatch } from '../watch.js';
import { adoptLocked, birth } from './attempt.js';
import { claimFor } from './claim.js';
import { later } from './later.js';
import { Lock } from './lock.js';
import { watchNamed } from './named-end.js';
import { recheck, type Recheck } from './recheck.js';
import type { AcquireOptions } from './types.js';

const ECANCELED = -125;
const ESTALE = -116;

// The directory is another one by now, or none; or what happened in it was lost.
const DIRECTORY_EVENTS = IN.DELETE_SELF | IN.MOVE_SELF | IN.UNMOUNT | IN.IGNORED | IN.OVERFLOW;

const NEVER = new AbortController().signal;

/** The path is ours, somebody else is in the way, or neither. */
type Outcome = Lock | Inspection | undefined;

/** What the native threads say, and the lock that was given. */
interface Ended {
  result: number;
  packed: number;
  record: string;
  given?: Lock | undefined;
}
const NOTHING: Ended = { result: CLAIMED.nothing, packed: 0, record: '' };

/** Begins what native threads do for a wait: an id, 0 if there is nothing for them to do, or -errno. */
type Start = (done: WaitDone) => number;

/** What a wait is looked after by. */
type Care = Pick<Recheck, 'nameOnly' | 'sure'>;

/** Watches one path for as long as somebody waits for it. Close it. */
export class PathWait {
  readonly #path: string;
  readonly #give: (lock: Lock) => void;
  #watch: DirectoryWatch | undefined;
  // Which close events count. Our own looks open and close the file too, so those of readers count
  // only where we do not open it: while its maker has it open, and where we may not.
  #closes = 0;
  #changed = false;
  // The path may lead to another directory by now.
  #moved = false;
  #fruitless = 0;
  #wake: (() => void) | undefined;

  /**
   * `give`: called with the lock in the moment that it is ours, before `change` resolves to it. Each `await`
   * on the way takes some 20 us where nothing has run for a while.
   */
  constructor(path: string, give: (lock: Lock) => void = () => undefined) {
    this.#path = path;
    this.#give = give;
    this.#watch = this.#subscribe();
  }

  #subscribe(): DirectoryWatch {
    const name = basename(this.#path);
    return subscribe(dirname(this.#path), true, (seen, mask) => {
      if (seen === '' && (mask & DIRECTORY_EVENTS) !== 0) this.#moved = true;
      else if (seen !== name || (mask & (NAME_EVENTS | this.#closes)) === 0) return;
      this.#fruitless = 0;
      this.#signal();
    });
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  #signal(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /**
   * Resolves when what `blocker` describes may have changed, or `stop` fires. With `take`, the path is
   * taken if that can be done on the spot: then the Lock is the result, or who was found in the way.
   */
  async change(
    blocker: Inspection,
    stop: AbortSignal,
    take: AcquireOptions | undefined,
  ): Promise<Outcome> {
    if (this.#moved) this.close();
    this.#moved = false;
    this.#watch ??= this.#subscribe();
    // Its maker may have closed it since it was judged, of which an event is still to come.
    const madeNow =
      lineagePending(this.#path) || blocker.evidence.some(({ kind }) => kind === 'being-made');
    if (blocker.by !== 'kernel' || madeNow)
      return this.#name(blocker, stop, take, madeNow ? IN.CLOSE : IN.CLOSE_WRITE);
    const ended = await this.#kernel(blocker, stop, take);
    const { result } = ended;
    if (result >= 0 || result === ECANCELED || result === ESTALE)
      return this.#outcome(ended, stop, take);
    // Not permitted to open it, or no thread to be had.
    return this.#name(blocker, stop, take, IN.CLOSE, false);
  }

  async #kernel(
    blocker: Inspection,
    stop: AbortSignal,
    take: AcquireOptions | undefined,
  ): Promise<Ended> {
    this.#closes = 0;
    const wd = this.#watch?.wd ?? -1;
    return this.#until(blocker, { nameOnly: true, sure: true }, stop, (done) =>
      take === undefined
        ? native.startWait(this.#path, done)
        : native.startWait(this.#path, done, wd, ...claimFor(take, blocker)),
    );
  }

  async #name(
    blocker: Inspection,
    stop: AbortSignal,
    take: AcquireOptions | undefined,
    closes: number,
    seesLocks = true,
  ): Promise<Outcome> {
    this.#closes = closes;
    const named = watchNamed(blocker, () => {
      this.#signal();
    });
    const sure =
      seesLocks && named.sure && blocker.unseen.length === 0 && !native.silent(dirname(this.#path));
    const wd = this.#watch?.wd ?? -1;
    const start: Start = (done) => {
      const id =
        take === undefined
          ? 0
          : native.expectName(this.#path, done, wd, ...claimFor(take, blocker));
      // Only now: what happened before the watch or the claim began is not lost.
      if (!native.unchanged(this.#path, blocker.id ?? '', blocker.changed ?? -1)) this.#signal();
      return id;
    };
    try {
      const ended = await this.#until(blocker, { nameOnly: false, sure }, stop, start);
      return this.#outcome(ended, stop, take);
    } finally {
      later(named.close);
    }
  }

  // Until a native thread has an answer, something is signalled, or `stop` fires.
  async #until(blocker: Inspection, care: Care, stop: AbortSignal, start: Start): Promise<Ended> {
    if (stop.aborted || this.#changed) {
      this.#changed = false;
      return NOTHING;
    }
    let end = (): void => undefined;
    try {
      return await new Promise<Ended>((resolve) => {
        const id = start((result, packed, record) => {
          const ours = result === CLAIMED.taken && !stop.aborted;
          const given = ours ? new Lock(this.#path, packed, record) : undefined;
          if (given !== undefined) this.#give(given);
          resolve({ result, packed, record, given });
        });
        if (id < 0) {
          resolve({ ...NOTHING, result: id });
          return;
        }
        const wake = (): void => {
          if (id > 0) native.cancelWait(id);
          else resolve(NOTHING);
        };
        this.#wake = wake;
        const rest = recheck({
          path: this.#path,
          blocker,
          fruitless: this.#fruitless,
          wake: () => {
            this.#fruitless++;
            this.#moved = true;
            this.#signal();
          },
          lasts: () => {
            if (id > 0) native.unprepare(id);
          },
          ...care,
        });
        if (stop !== NEVER) stop.addEventListener('abort', wake, { once: true });
        end = () => {
          rest();
          if (stop !== NEVER) stop.removeEventListener('abort', wake);
        };
        if (this.#changed) wake();
      });
    } finally {
      later(end);
      this.#wake = undefined;
      this.#changed = false;
    }
  }

  #outcome(
    { result, packed, record, given }: Ended,
    stop: AbortSignal,
    take: AcquireOptions | undefined,
  ): Outcome {
    if (given !== undefined) return given;
    if (result === CLAIMED.taken) new Lock(this.#path, packed, record).releaseSync(); // too late
    if (result !== CLAIMED.toJudge) return undefined;
    if (stop.aborted || take === undefined) {
      native.drop(packed >> 3);
      return undefined;
    }
    const got = adoptLocked(packed, this.#path, take, birth(take));
    return got === 'changed' ? undefined : got;
  }
}

/** A signal that fires on the caller's own signal or when `timeout` ms are over; call `clear`. */
export function deadline(
  timeout: number | undefined,
  signal: AbortSignal | undefined,
): { stop: AbortSignal; clear: () => void } {
  if (timeout === undefined && signal === undefined) return { stop: NEVER, clear: () => undefined };
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
