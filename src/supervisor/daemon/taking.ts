// Waiting for the locks of an app, as long as its policy has patience: to take them, or only until they
// are free, where something else has to be waited for before they are taken.

import { LockError } from '../../errors.js';
import { describe } from '../../lock/blocked.js';
import type { HeldUpdateLocks } from '../locks/held-update-locks.js';
import type { Blocker, LockRequest } from '../locks/types.js';
import type { UpdateLocks } from '../locks/update-locks.js';
import type { UpdatePolicy } from '../target/types.js';
import type { Course } from './course.js';
import type { Notices } from './notices.js';

/** How the locks of an app are waited for. */
export interface Patience {
  /** Told that somebody waits. */
  services: readonly string[];
  policy: UpdatePolicy;
  force: boolean;
  stop: AbortSignal;
  /** Milliseconds after which it is `busy`, whatever the policy; for ever by default. */
  patience?: number;
}

const keyOf = ({ path, id = '' }: Blocker): string => `${id} ${path}`;

export class Taking {
  readonly #course: Course;
  readonly #notices: Notices;
  /** Ends the waiting; by the wall clock, in milliseconds. */
  #deadline: number | undefined;

  constructor(course: Course, notices: Notices) {
    this.#course = course;
    this.#notices = notices;
  }

  /** Patience begins anew with the next wait. */
  reset(): void {
    this.#deadline = undefined;
  }

  /** Time in which something else was waited for does not count. */
  put(off: number): void {
    if (this.#deadline !== undefined) this.#deadline += off;
  }

  /**
   * All locks; undefined when `stop` fired, `given-up` when the policy's longest wait is over and it
   * does not say to override, `busy` when `patience` is over before that. While it waits, `services` are
   * told so.
   */
  async take(
    locks: UpdateLocks,
    how: Patience,
  ): Promise<HeldUpdateLocks | 'given-up' | 'busy' | undefined> {
    return this.#wait(how, async (request) => locks.lock(request));
  }

  /** The same until they could be taken, `forced` if only by force; nothing is taken. */
  async untilFree(
    locks: UpdateLocks,
    how: Patience,
  ): Promise<'free' | 'forced' | 'given-up' | 'busy' | undefined> {
    return this.#wait(how, async (request) => {
      await locks.untilFree(request);
      return request.force === true ? 'forced' : 'free';
    });
  }

  async #wait<T>(
    how: Patience,
    attempt: (request: LockRequest) => Promise<T>,
  ): Promise<T | 'given-up' | 'busy' | undefined> {
    const { services, policy, stop, patience = Infinity } = how;
    const { maxWait } = policy;
    if (maxWait !== undefined) this.#deadline ??= Date.now() + maxWait;
    const end = maxWait === undefined ? undefined : this.#deadline;
    const request: LockRequest = {
      maxWait: Infinity,
      signal: stop,
      reason: this.#course.what,
      onBlocked: (blockers) => {
        this.#blocked(blockers, services, policy, end);
      },
    };
    const left = end === undefined ? Infinity : Math.max(0, end - Date.now());
    const got = await lockedOr(stop, async () =>
      attempt({ ...request, timeout: Math.min(left, patience), force: how.force }),
    );
    if (!isLocked(got)) return got;
    if (patience < left) return 'busy';
    if (policy.then === 'give-up') return this.#giveUp(got);
    const text = 'the longest wait is over: the policy is to override';
    this.#course.note('notice', text, { who: 'policy' });
    const forced = await lockedOr(stop, async () =>
      attempt({ ...request, timeout: patience, force: true }),
    );
    return isLocked(forced) ? 'busy' : forced;
  }

  #giveUp({ blockers, message }: LockError): 'given-up' {
    const text = `given up until the target changes or somebody asks: ${message}`;
    this.#course.note('gave-up', text, { who: 'policy' });
    this.#course.move({ state: 'gave-up', blockers, error: message });
    return 'given-up';
  }

  #blocked(
    blockers: readonly Blocker[],
    services: readonly string[],
    { then }: UpdatePolicy,
    end: number | undefined,
  ): void {
    const known = new Set(this.#course.status.blockers?.map(keyOf));
    const limit = end !== undefined && { deadline: new Date(end).toISOString(), then };
    this.#course.move({ state: 'waiting', blockers, ...limit });
    this.#notices.announce(services);
    for (const blocker of blockers) {
      if (known.has(keyOf(blocker))) continue;
      const { path, service, record } = blocker;
      this.#course.note('wait', `the update waits: ${describe(blocker)}`, {
        path,
        ...(service && { service: service.service }),
        ...(record && { reason: record.reason }),
      });
    }
  }
}

// The error if somebody is in the way; undefined when `stop` fired.
async function lockedOr<T>(
  stop: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T | LockError | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (stop.aborted) return undefined;
    if (isLocked(error)) return error;
    throw error;
  }
}

function isLocked(error: unknown): error is LockError {
  return LockError.is(error) && error.code === 'ERR_UPDATES_LOCKED';
}
