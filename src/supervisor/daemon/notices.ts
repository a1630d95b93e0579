// Whoever holds a lock can see that an update waits, in any language: a file beside the lock.

import { announcePending, withdrawPending } from '../locks/pending.js';
import { lockDir } from '../locks/places.js';
import type { Context } from './context.js';
import type { Course } from './course.js';

export class Notices {
  readonly #app: string;
  readonly #root: string | undefined;
  readonly #course: Course;
  readonly #announced = new Set<string>();

  constructor(app: string, context: Context, course: Course) {
    this.#app = app;
    this.#root = context.locks.root;
    this.#course = course;
  }

  /** Puts the notice into the lock directories of these services, or renews it. */
  announce(services: readonly string[]): void {
    const { since, release = '', deadline } = this.#course.status;
    const pending = { release, since, ...(deadline !== undefined && { deadline }) };
    for (const service of services) {
      this.#announced.add(service);
      this.#warn(announcePending(lockDir(this.#root, this.#app, service), pending));
    }
  }

  /** Takes it away again, there and in `more`, where a daemon that died may have left one. */
  withdraw(more: readonly string[] = []): void {
    const services = new Set([...this.#announced, ...more]);
    this.#announced.clear();
    for (const service of services)
      this.#warn(withdrawPending(lockDir(this.#root, this.#app, service)));
  }

  #warn(text: string | undefined): void {
    if (text !== undefined) this.#course.note('notice', text);
  }
}
