// What Prometheus is told of the slot of the fleet. Nothing where the device has no fleet: the series have
// a type, and no value.

import { Counter, Gauge, type Registry } from 'prom-client';
import type { FleetStatus, Supervisor } from '../types.js';

const STATES: readonly FleetStatus['state'][] = [
  'none',
  'waiting',
  'held',
  'unhealthy',
  'returning',
];

/** Adds the series; they are asked for when Prometheus is. */
export function fleetMetrics(supervisor: Supervisor, registers: Registry[]): void {
  new Gauge({
    name: 'lockbridge_fleet_state',
    help: 'Where the device stands with the slot of its fleet: 1 for the state that it is in',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset();
      const { fleet } = supervisor.status();
      if (fleet === undefined) return;
      for (const state of STATES) this.set({ state }, state === fleet.state ? 1 : 0);
    },
  });
  new Gauge({
    name: 'lockbridge_fleet_state_since_seconds',
    help: 'Since when, in seconds since 1970',
    labelNames: [],
    registers,
    collect() {
      this.reset();
      const { fleet } = supervisor.status();
      if (fleet === undefined) this.remove();
      else this.set(Date.parse(fleet.since) / 1000);
    },
  });
  new Gauge({
    name: 'lockbridge_fleet_owed',
    help: 'Slots at servers or of groups that the configuration names no more, to be given back',
    registers,
    collect() {
      const { fleet } = supervisor.status();
      if (fleet === undefined) this.remove();
      else this.set(fleet.owed);
    },
  });
  new Counter({
    name: 'lockbridge_fleet_requests_total',
    help: 'Requests to the server of the fleet, by how they ended',
    labelNames: ['request', 'result'],
    registers,
    collect() {
      this.reset(); // counted there since the daemon began
      const { fleet } = supervisor.status();
      for (const [request, counts] of Object.entries(fleet?.requests ?? {}))
        for (const [result, count] of Object.entries(counts))
          if (count > 0) this.inc({ request, result }, count);
    },
  });
}
