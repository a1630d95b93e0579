// How often one address may ask: a bucket for each, filled at an even rate (a token bucket). Of as many
// addresses as fit; the one that was quiet for the longest is forgotten first.

const MOST_ADDRESSES = 50_000;
/** How many seconds' worth may come at once. */
const BURST = 10;

export class Rate {
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  /** `now` in milliseconds on a monotonic clock. */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Takes one; undefined if there is one, else the seconds until there will be. */
  take(address: string): number | undefined {
    const now = this.#now();
    const most = this.#perSecond * BURST;
    const { tokens, at } = this.#buckets.get(address) ?? { tokens: most, at: now };
    const filled = Math.min(most, tokens + ((now - at) / 1000) * this.#perSecond);
    this.#buckets.delete(address); // to the end of the order
    if (this.#buckets.size >= MOST_ADDRESSES) this.#forgetOne();
    this.#buckets.set(address, { tokens: filled < 1 ? filled : filled - 1, at: now });
    return filled < 1 ? Math.max(1, Math.ceil((1 - filled) / this.#perSecond)) : undefined;
  }

  #forgetOne(): void {
    for (const quietest of this.#buckets.keys()) {
      this.#buckets.delete(quietest);
      return;
    }
  }
}
