// What an update waits for before it may change anything: the locks of its app, and the slot of the
// device's fleet, if there is one. In this order:
//
//  1. Wait until the locks are free, and take none.
//  2. Ask for the slot. Nothing of this device is held meanwhile, and before each request the locks are
//     looked at again: if one is held, begin anew. A device whose app is busy must not keep a slot from
//     others that could use it.
//  3. With the slot, take the locks at once. If somebody was faster, wait a little, then give the slot
//     back and begin anew.

import type { HeldUpdateLocks } from '../locks/held-update-locks.js';
import type { UpdateLocks } from '../locks/update-locks.js';
import { formatDuration } from '../target/duration.js';
import type { Course } from './course.js';
import type { FleetSlot } from './fleet/slot.js';
import type { Notices } from './notices.js';
import type { Patience, Taking } from './taking.js';

export class Turn {
  readonly #app: string;
  readonly #course: Course;
  readonly #notices: Notices;
  readonly #taking: Taking;
  /** The update of which the journal says that it waits for its turn. */
  #told = '';

  constructor(app: string, course: Course, notices: Notices, taking: Taking) {
    this.#app = app;
    this.#course = course;
    this.#notices = notices;
    this.#taking = taking;
  }

  /**
   * The locks, and with a `fleet` its slot as well, which `fleet.leave` ends. `again`: circumstances have
   * changed, begin anew; `given-up`, undefined: as {@link Taking.take} says. `isTime`: the window is open.
   */
  async take(
    locks: UpdateLocks,
    how: Patience,
    fleet: FleetSlot | undefined,
    isTime: () => boolean,
  ): Promise<HeldUpdateLocks | 'again' | 'given-up' | undefined> {
    if (fleet === undefined) {
      const held = await this.#taking.take(locks, how);
      return held === 'busy' ? 'again' : held;
    }
    const free = await this.#taking.untilFree(locks, how);
    if (free === 'busy') return 'again';
    if (free !== 'free' && free !== 'forced') return free;
    const force = free === 'forced';
    const slot = await this.#slot(fleet, how.stop, () => {
      return isTime() && locks.blockers({ force }).length === 0;
    });
    if (slot !== 'granted') return slot;
    let held: Awaited<ReturnType<Taking['take']>> | 'again';
    try {
      held = isTime()
        ? await this.#taking.take(locks, { ...how, force, patience: fleet.lockPatience })
        : 'again';
    } catch (error) {
      fleet.leave(this.#app); // locks that cannot be taken at all (a full disk, say) need no slot
      throw error;
    }
    if (held === 'busy') {
      const patience = formatDuration(fleet.lockPatience);
      const text = `locks were taken while the slot was asked for, and are held after ${patience}: the slot is not used`;
      this.#course.note('fleet', text);
    }
    if (typeof held !== 'object') fleet.leave(this.#app);
    return held === 'busy' ? 'again' : held;
  }

  async #slot(
    fleet: FleetSlot,
    stop: AbortSignal,
    ready: () => boolean,
  ): Promise<'granted' | 'again' | undefined> {
    const began = performance.now();
    this.#notices.withdraw(); // nobody is asked to let go for the sake of others' turns
    const got = await fleet.acquire(this.#app, {
      stop,
      ready,
      waits: (text, news) => {
        this.#course.move({ state: 'fleet', fleet: text });
        const { what } = this.#course;
        if (news === undefined || (!news && what === this.#told)) return;
        this.#told = what;
        this.#course.note('fleet', `the update waits: fleet: ${text}`);
      },
    });
    this.#taking.put(performance.now() - began);
    if (got !== 'granted') return got === 'busy' ? 'again' : undefined;
    if (!stop.aborted) return 'granted';
    fleet.leave(this.#app);
    return undefined;
  }
}
