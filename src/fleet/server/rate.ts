// How often one address may ask: a bucket for each, filled at an even rate (a token bucket). Of as many
// addresses as fit; the one that was quiet for the longest is forgotten first.
//
// Of IPv6 a /64 is one address: that is what a single host is given, to take as many of as it likes.

import { isIPv6 } from 'node:net';

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
    const client = clientOf(address);
    const now = this.#now();
    const most = this.#perSecond * BURST;
    const { tokens, at } = this.#buckets.get(client) ?? { tokens: most, at: now };
    const filled = Math.min(most, tokens + ((now - at) / 1000) * this.#perSecond);
    this.#buckets.delete(client); // to the end of the order
    if (this.#buckets.size >= MOST_ADDRESSES) this.#forgetOne();
    this.#buckets.set(client, { tokens: filled < 1 ? filled : filled - 1, at: now });
    return filled < 1 ? Math.max(1, Math.ceil((1 - filled) / this.#perSecond)) : undefined;
  }

  #forgetOne(): void {
    for (const quietest of this.#buckets.keys()) {
      this.#buckets.delete(quietest);
      return;
    }
  }
}

/** Whose address that is, as sockets write it: of IPv6 its /64, of ::ffff:192.0.2.1 the IPv4 in it. */
export function clientOf(address: string): string {
  if (!isIPv6(address)) return address;
  const four = /^::ffff:([\d.]+)$/.exec(address)?.[1];
  if (four !== undefined) return four;
  const [before = [], after = []] = address
    .split('::')
    .map((part) => part.split(':').filter((word) => word !== ''));
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}
