// Waiting for the locks of an app, as long as its policy has patience.

import { LockError } from '../../errors.js';
import { describe } from '../../lock/blocked.js';
import type { HeldUpdateLocks } from '../locks/held-update-locks.js';
import type { Blocker, LockRequest } from '../locks/types.js';
import type { UpdateLocks } from '../locks/update-locks.js';
import type { UpdatePolicy } from '../target/types.js';
import type { Course } from './course.js';
import type { Notices } from './notices.js';

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

  /**
   * All locks; undefined when `stop` fired, `given-up` when the policy's longest wait is over and it
   * does not say to override. While it waits, `services` are told so.
   */
  async take(
    locks: UpdateLocks,
    services: readonly string[],
    policy: UpdatePolicy,
    force: boolean,
    stop: AbortSignal,
  ): Promise<HeldUpdateLocks | 'given-up' | undefined> {
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
    try {
      const timeout = end === undefined ? Infinity : Math.max(0, end - Date.now());
      return await locks.lock({ ...request, timeout, force });
    } catch (error) {
      if (stop.aborted) return undefined;
      if (!LockError.is(error) || error.code !== 'ERR_UPDATES_LOCKED') throw error;
      if (policy.then === 'give-up') return this.#giveUp(error);
      const text = 'the longest wait is over: the policy is to override';
      this.#course.note('notice', text, { who: 'policy' });
      return await locks.lock({ ...request, timeout: Infinity, force: true });
    }
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
