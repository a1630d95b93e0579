// After a change under the slot: watches until the release on record is healthy, and then lets the slot
// go. What is not healthy keeps it, for then the next device would fare no better.

import { LockError } from '../../../errors.js';
import type { Instance } from '../../drivers/types.js';
import { formatDuration } from '../../target/duration.js';
import type { AppTarget } from '../../target/types.js';
import type { Context } from '../context.js';
import { healthOf, Steady } from './steady.js';

const AGAIN_MS = 30_000; // a full disk may have room again

export class Recovery {
  readonly #app: string;
  readonly #context: Context;
  readonly #steady: Steady;
  #release: AppTarget | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(app: string, context: Context) {
    this.#app = app;
    this.#context = context;
    this.#steady = new Steady(context.fleet?.healthyAfter ?? 0, () => {
      this.#healthy();
    });
  }

  /** To be told after whatever may have changed what runs. `release`: the one on record. */
  look(
    release: AppTarget | undefined,
    instances: readonly Instance[],
    stopped: ReadonlySet<string>,
  ): void {
    const { fleet } = this.#context;
    if (fleet?.isChanged(this.#app) !== true) {
      this.close();
      return;
    }
    this.#release = release;
    const { key, ailing } = healthOf(release, instances, stopped);
    if (ailing !== undefined) fleet.ailing(this.#app, ailing);
    this.#steady.tell(key);
    if (release === undefined && key !== undefined) this.#healthy(); // gone: nothing is left to fail
  }

  /** Watches no more, until it is told again. */
  close(): void {
    clearTimeout(this.#again);
    this.#steady.tell(undefined);
  }

  #healthy(): void {
    const { fleet } = this.#context;
    if (fleet?.isChanged(this.#app) !== true) return;
    this.#steady.tell(undefined);
    const after = formatDuration(fleet.healthyAfter);
    const text =
      this.#release === undefined
        ? 'the app is gone: it needs the slot no more'
        : `release ${this.#release.release} is healthy: it has run for ${after} without an end`;
    try {
      fleet.healthy(this.#app, text);
    } catch (error) {
      if (!LockError.is(error)) throw error;
      this.#context.journal.write({ kind: 'fleet', app: this.#app, text: error.message });
      clearTimeout(this.#again);
      this.#again = setTimeout(() => {
        this.#healthy();
      }, AGAIN_MS);
    }
  }
}
