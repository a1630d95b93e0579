// Median, 99th percentile and maximum of a stream of durations in nanoseconds, in little memory:
// buckets two per cent apart.

const STEP = Math.log(1.02);

export class Figures {
  #buckets = new Map();
  #count = 0;
  #max = 0;

  add(ns) {
    const bucket = Math.ceil(Math.log(Math.max(1, ns)) / STEP);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count++;
    this.#max = Math.max(this.#max, ns);
  }

  #percentile(share) {
    let left = this.#count * share;
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(this.#max, Math.exp(bucket * STEP));
    }
    return 0;
  }

  /** In microseconds. */
  summary() {
    const micros = (ns) => Math.round(ns / 1000);
    return {
      count: this.#count,
      median: micros(this.#percentile(0.5)),
      p99: micros(this.#percentile(0.99)),
      max: micros(this.#max),
    };
  }
}
