// When a release is healthy: all of its services run, and have run for a while without an end, one after
// another change or restart of the daemon included. A service that is not to be started again may end, if
// it ends well.

import type { Instance } from '../../drivers/types.js';
import type { AppTarget, ServiceTarget } from '../../target/types.js';
import { isRunning, planFor, restarts } from '../plan.js';

/** How what runs compares with the release on record. */
export interface Health {
  /** The same as long as the same runs go on; undefined: what runs is not that release yet. */
  key?: string;
  /** What is wrong, for people. */
  ailing?: string;
}

function ailmentOf(service: ServiceTarget, run: Instance | undefined): string | undefined {
  if (run === undefined) return `${service.name} does not run`;
  if (isRunning(run)) return undefined;
  const { exitCode } = run;
  const bad = restarts(service, run) || (exitCode ?? 0) !== 0;
  const how = exitCode === undefined ? '' : ` with ${String(exitCode)}`;
  return bad ? `${service.name} has ended${how}` : undefined;
}

/** Pure. `stopped`: services that were stopped by request, and are not missed. */
export function healthOf(
  release: AppTarget | undefined,
  instances: readonly Instance[],
  stopped: ReadonlySet<string>,
): Health {
  if (planFor(release, instances, stopped).stop.length > 0) return {}; // half of another release
  const wanted = (release?.services ?? []).filter(
    ({ name, running }) => running && !stopped.has(name),
  );
  const runOf = (name: string): Instance | undefined => {
    const runs = instances.filter(({ service }) => service === name);
    return runs.find(isRunning) ?? runs[0];
  };
  const ailing = wanted.flatMap((service) => ailmentOf(service, runOf(service.name)) ?? []);
  if (ailing.length > 0) return { ailing: ailing.join(', ') };
  return { key: JSON.stringify(wanted.map(({ name }) => runOf(name)?.id)) };
}

/** Calls back once the same key was told for `length` milliseconds on end. */
export class Steady {
  readonly #length: number;
  readonly #onSteady: () => void;
  #key: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(length: number, onSteady: () => void) {
    this.#length = length;
    this.#onSteady = onSteady;
  }

  /** Undefined: it is not, or nobody asks any more. */
  tell(key: string | undefined): void {
    if (key === this.#key) return;
    clearTimeout(this.#timer);
    this.#key = key;
    if (key === undefined) return;
    this.#timer = setTimeout(() => {
      this.#key = undefined;
      this.#onSteady();
    }, this.#length);
  }
}
