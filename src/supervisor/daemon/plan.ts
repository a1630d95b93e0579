// From what is to run and what runs to what has to change. Pure.

import type { Instance } from '../drivers/types.js';
import { fingerprintOf } from '../target/digest.js';
import type { AppTarget, ServiceTarget } from '../target/types.js';

export interface Plan {
  /** To be stopped and forgotten, in the reverse order of the release. */
  stop: Instance[];
  /** To be started after that, in the order of the release. */
  start: ServiceTarget[];
  /** Something that runs is to be stopped: not without the locks of the app. */
  needsLocks: boolean;
}

/** Whether a service that has ended is to be started again. */
export function restarts({ restart }: ServiceTarget, { exitCode }: Instance): boolean {
  return restart === 'always' || (restart === 'on-failure' && exitCode !== 0);
}

/**
 * What turns `instances` into `target` (undefined: nothing is to run). A service in `stopped` was
 * stopped by request and is not to run. A run that is the wanted one and has ended is left alone:
 * starting it again is not an update.
 */
export function planFor(
  target: AppTarget | undefined,
  instances: readonly Instance[],
  stopped: ReadonlySet<string>,
): Plan {
  const stop: Instance[] = [];
  const start: ServiceTarget[] = [];
  const services = target?.services ?? [];
  for (const service of services) {
    const runs = instances.filter((instance) => instance.service === service.name);
    const wanted = service.running && !stopped.has(service.name);
    const fingerprint = fingerprintOf(service);
    const right = runs.filter((run) => run.fingerprint === fingerprint);
    const keep = wanted
      ? (right.find(isRunning) ?? right[0])
      : right.find((run) => !isRunning(run));
    stop.push(...runs.filter((run) => run !== keep));
    if (wanted && keep === undefined) start.push(service);
  }
  const known = new Set(services.map(({ name }) => name));
  stop.push(...instances.filter(({ service }) => !known.has(service)));
  const order = services.map(({ name }) => name);
  stop.sort((a, b) => order.indexOf(b.service) - order.indexOf(a.service));
  return { stop, start, needsLocks: stop.some(isRunning) };
}

export function isRunning({ state }: Instance): boolean {
  return state === 'running';
}
