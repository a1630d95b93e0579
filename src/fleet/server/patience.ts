// How long a device that was refused is told to stay away (Retry-After), so that a freed slot is taken
// within about a second and yet nobody polls but those whose turn is near.
//
// Each refused device has a place in a line, in the order in which they first asked. The first few are told
// one second: as many as slots are likely to come free in that time. The others are told half of the
// time until their turn, as it looks now: too early rather than too late, so that each asks again a few
// times, more often the nearer it comes, whatever the estimate was worth.
//
// A line is of one server and in memory only: it reserves nothing, and a server that does not know it
// gives estimates of its own. Nothing here decides who gets a slot.

export interface PatienceOptions {
  slots: number;
  /** Milliseconds on a monotonic clock. */
  now?: () => number;
  random?: () => number;
}

interface Waiter {
  /** When it was told to come again. */
  due: number;
  told: number;
}

/** Seconds; a device that is told more than this might as well be forgotten. */
export const LONGEST = 300;
/** Devices of one group that have a place; further ones get the longest time. */
export const MOST_WAITERS = 10_000;
/** What an update takes until one has been seen: rather short, since a wait that was too short is mended. */
const FIRST_GUESS = 2000;
const SHORTEST_GUESS = 500;
const LONGEST_GUESS = 3_600_000;
/** How much the newest of the observed times counts. */
const WEIGHT = 0.2;
/** Whoever is this late has gone, or asks another server. */
const LATE = 5000;
/** A group that has not moved for so long is asked about less often than each second. */
const STILL = 600_000;
const SLOWEST_FRONT = 30;

export class Patience {
  readonly #slots: number;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #line = new Map<string, Waiter>();
  #held: number | undefined;
  #moved: number;

  constructor({ slots, now = () => performance.now(), random = Math.random }: PatienceOptions) {
    this.#slots = Math.max(1, slots);
    this.#now = now;
    this.#random = random;
    this.#moved = now();
  }

  /** How many have a place in the line. */
  get waiting(): number {
    return this.#line.size;
  }

  /** A device has got a slot, or has gone. */
  left(id: string): void {
    this.#line.delete(id);
  }

  /** A slot was given back, after so many milliseconds. */
  released(held: number): void {
    const length = Math.min(Math.max(held, 0), LONGEST_GUESS);
    this.#held = this.#held === undefined ? length : this.#held + WEIGHT * (length - this.#held);
    this.#moved = this.#now();
  }

  /**
   * A device was refused: the whole seconds that it is to wait. `ages` are those of the slots that are
   * held, in milliseconds: an update takes at least as long as it has taken already.
   */
  refused(id: string, ages: readonly number[]): number {
    const age = ages.length === 0 ? 0 : ages.reduce((sum, one) => sum + one, 0) / ages.length;
    const update = Math.min(
      Math.max(this.#held ?? FIRST_GUESS, age, SHORTEST_GUESS),
      LONGEST_GUESS,
    );
    const between = update / this.#slots / 1000;
    const seconds = this.#seconds(this.#placeOf(id), between);
    if (this.#line.has(id) || this.#line.size < MOST_WAITERS) {
      const told = seconds * 1000;
      this.#line.set(id, { due: this.#now() + told, told }); // keeps its place
    }
    return seconds;
  }

  #seconds(place: number, between: number): number {
    const front = 2 + Math.ceil(1 / between);
    const still = (this.#now() - this.#moved) / STILL;
    if (place < front) return Math.round(Math.min(Math.max(still, 1), SLOWEST_FRONT));
    const half = ((place - front + 1) * between) / 2;
    // Spread, so that those who came together do not come together again.
    const spread = half * (0.75 + 0.5 * this.#random());
    return Math.round(Math.min(Math.max(spread, 1, still), LONGEST));
  }

  #placeOf(id: string): number {
    const now = this.#now();
    let place = 0;
    for (const [other, { due, told }] of this.#line) {
      if (other === id) return place;
      if (now > due + LATE + told / 2) this.#line.delete(other);
      else place++;
    }
    return place;
  }
}
