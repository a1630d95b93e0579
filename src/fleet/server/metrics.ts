// What Prometheus is told of a fleet server. Labels are groups that are configured and kinds of the
// closed table, never what a device has sent.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Store } from '../store/types.js';
import type { Group } from './group.js';

// Seconds, from an etcd beside us to one that is about to be given up.
const STORE_TIMES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export class Metrics {
  readonly #registry = new Registry();
  readonly requests: Counter<'operation' | 'result'>;
  readonly changes: Counter<'group' | 'change'>;
  readonly storeSeconds: Histogram;
  readonly storeFailures: Counter;
  readonly #gauges: ReturnType<typeof gaugesIn>;
  #store: Store | undefined;
  #groups: ReadonlyMap<string, Group> = new Map();

  constructor() {
    const registers = [this.#registry];
    this.requests = new Counter({
      name: 'lockbridge_fleet_requests_total',
      help: 'Requests of devices, by what they asked and the answer: ok, or the kind of the error',
      labelNames: ['operation', 'result'],
      registers,
    });
    this.changes = new Counter({
      name: 'lockbridge_fleet_slot_changes_total',
      help: 'Slots granted, given back and taken away for their age, by this server',
      labelNames: ['group', 'change'],
      registers,
    });
    this.storeSeconds = new Histogram({
      name: 'lockbridge_fleet_store_seconds',
      help: 'How long the store took to answer',
      buckets: STORE_TIMES,
      registers,
    });
    this.storeFailures = new Counter({
      name: 'lockbridge_fleet_store_failures_total',
      help: 'Calls of the store that failed',
      registers,
    });
    this.#gauges = gaugesIn(registers);
  }

  /** From now on the gauges tell of these. */
  of(store: Store, groups: ReadonlyMap<string, Group>): void {
    this.#store = store;
    this.#groups = groups;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The exposition text; what is in the store is looked up now. */
  async text(): Promise<string> {
    await this.#look();
    return this.#registry.metrics();
  }

  // Looked up once for all gauges, before they are printed.
  async #look(): Promise<void> {
    const { slots, taken, oldest, waiting, up } = this.#gauges;
    taken.reset();
    oldest.reset();
    for (const [group, { options, waiting: now }] of this.#groups) {
      slots.set({ group }, options.slots);
      waiting.set({ group, how: 'in a request' }, now.line);
      waiting.set({ group, how: 'told to come again' }, now.away);
    }
    try {
      const all = await this.#store?.all();
      for (const group of this.#groups.keys()) {
        const holders = all?.get(group)?.semaphore.holders ?? [];
        const ages = holders.map(({ since }) => Date.now() - Date.parse(since));
        taken.set({ group }, holders.length);
        oldest.set({ group }, Math.max(0, ...ages) / 1000);
      }
      up.set(1);
    } catch {
      up.set(0);
    }
  }
}

function gaugesIn(
  registers: Registry[],
): Record<'slots' | 'taken' | 'oldest' | 'waiting' | 'up', Gauge> {
  const gauge = (name: string, help: string, labelNames: string[]): Gauge =>
    new Gauge({ name: `lockbridge_fleet_${name}`, help, labelNames, registers });
  return {
    slots: gauge('slots', 'Slots of a group, as configured here', ['group']),
    taken: gauge('slots_taken', 'Slots that are held', ['group']),
    oldest: gauge('oldest_slot_seconds', 'Age of the slot that is held for the longest', ['group']),
    waiting: gauge('waiting', 'Devices that wait, as this server knows', ['group', 'how']),
    up: gauge('store_up', 'Whether the store has answered just now', []),
  };
}
