// Getting what a release needs, before any lock is taken: again and again, ever more rarely, because
// no event tells when a network is back.

import { LockError } from '../../errors.js';
import type { Driver } from '../drivers/types.js';
import type { ServiceTarget } from '../target/types.js';
import { Backoff } from './backoff.js';
import type { Course } from './course.js';

export class Fetching {
  /** Percent, by service, of what is on its way. */
  readonly progress: Map<string, number> = new Map<string, number>();
  readonly #driver: Driver;
  readonly #course: Course;
  readonly #backoff = new Backoff(5000, 300_000);

  constructor(driver: Driver, course: Course) {
    this.#driver = driver;
    this.#course = course;
  }

  /**
   * True when everything is here; false when `stop` fired, or after a failure and a pause, before
   * which `meanwhile` is called.
   */
  async all(
    services: readonly ServiceTarget[],
    stop: AbortSignal,
    meanwhile: () => Promise<void>,
  ): Promise<boolean> {
    if (this.#course.status.state === 'idle') this.#course.move({ state: 'fetching' });
    try {
      for (const service of services) await this.#one(service, stop);
      this.#backoff.reset();
      return !stop.aborted;
    } catch (error) {
      if (stop.aborted) return false;
      if (!LockError.is(error)) throw error;
      this.#course.note('failed', error.message);
      this.#course.move({ state: 'fetching', error: error.message });
      await meanwhile();
      await this.#backoff.pause(stop);
      return false;
    } finally {
      this.progress.clear();
    }
  }

  // Put on record only if there is something to be got.
  async #one(service: ServiceTarget, stop: AbortSignal): Promise<void> {
    const began = performance.now();
    const { name, image = '' } = service;
    await this.#driver.fetch(service, {
      signal: stop,
      onProgress: (percent) => {
        if (!this.progress.has(name))
          this.#course.note('fetch', `fetches ${image}`, { service: name });
        this.progress.set(name, percent);
        this.#course.move({ state: 'fetching' });
      },
    });
    if (!this.progress.has(name)) return;
    const seconds = Math.round(performance.now() - began) / 1000;
    this.#course.note('fetched', `fetched ${image}`, { service: name, seconds });
  }
}
