// What Prometheus is told: counted from the supervisor's events, locks looked at when it asks.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Supervisor, SupervisorEvent } from '../types.js';
import { fleetMetrics } from './fleet-metrics.js';
import { explained } from './kinds.js';

// Seconds, from an app that lets go at once to one that works for days.
const WAITS = [0.1, 1, 10, 60, 300, 900, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600];

const ENDS: ReadonlySet<string> = new Set(['applied', 'failed', 'gave-up']);

export class Metrics {
  readonly #registry = new Registry();
  readonly #waits: Counter;
  readonly #waitSeconds: Histogram;
  readonly #updates: Counter<'result'>;
  readonly #overrides: Counter;
  readonly #losses: Counter;
  readonly #operations: Counter<'operation' | 'result'>;
  /** When the wait of an app began, on the monotonic clock. */
  readonly #waiting = new Map<string, number>();
  readonly #unsubscribe: () => void;

  /** `streams` says how many event streams are open. */
  constructor(supervisor: Supervisor, streams: () => number) {
    const registers = [this.#registry];
    const counter = <Label extends string = never>(
      name: string,
      help: string,
      labelNames: Label[] = [],
    ): Counter<Label> => new Counter({ name: `lockbridge_${name}`, help, labelNames, registers });
    this.#waits = counter('update_waits_total', 'Updates that had to wait for a lock');
    this.#updates = counter('updates_total', 'Updates, by how they ended', ['result']);
    this.#overrides = counter('overrides_total', "Locks of somebody's that were replaced");
    this.#losses = counter('losses_total', 'Locks of ours that disappeared while held');
    this.#operations = counter('operations_total', 'Operations asked for over the API', [
      'operation',
      'result',
    ]);
    this.#waitSeconds = new Histogram({
      name: 'lockbridge_update_wait_seconds',
      help: 'How long updates waited for locks',
      buckets: WAITS,
      registers,
    });
    new Gauge({
      name: 'lockbridge_locks_held',
      help: 'Lock files that are held, by whose they are',
      labelNames: ['app', 'owner'],
      registers,
      async collect() {
        this.reset();
        for (const { verdict, ours, app } of await supervisor.locks())
          if (verdict === 'held') this.inc({ app, owner: ours ? 'supervisor' : 'app' });
      },
    });
    new Gauge({
      name: 'lockbridge_event_streams',
      help: 'Event streams that are open',
      registers,
      collect() {
        this.set(streams());
      },
    });
    fleetMetrics(supervisor, registers);
    for (const { id, update } of supervisor.status().apps)
      if (update.state === 'waiting') {
        const past = Math.max(0, Date.now() - Date.parse(update.since));
        this.#waiting.set(id, performance.now() - past);
      }
    this.#unsubscribe = supervisor.subscribe((event) => {
      this.#count(event);
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The exposition text. */
  async text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Runs an operation and counts how it ended: `ok`, or the kind of its error. */
  async operation<T>(operation: string, run: () => T | Promise<T>): Promise<T> {
    try {
      const result = await run();
      this.#operations.inc({ operation, result: 'ok' });
      return result;
    } catch (error) {
      this.#operations.inc({ operation, result: explained(error).kind });
      throw error;
    }
  }

  close(): void {
    this.#unsubscribe();
  }

  #count(event: SupervisorEvent): void {
    if (event.event === 'update') {
      this.#wait(event.data.app, event.data.update.state === 'waiting');
      return;
    }
    if (event.event !== 'journal') return;
    const { kind } = event.data;
    if (kind === 'override') this.#overrides.inc();
    else if (kind === 'loss') this.#losses.inc();
    else if (ENDS.has(kind)) this.#updates.inc({ result: kind });
  }

  #wait(app: string, waits: boolean): void {
    const began = this.#waiting.get(app);
    if (waits && began === undefined) {
      this.#waiting.set(app, performance.now());
      this.#waits.inc();
    } else if (!waits && began !== undefined) {
      this.#waiting.delete(app);
      this.#waitSeconds.observe((performance.now() - began) / 1000);
    }
  }
}
