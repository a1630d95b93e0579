// The change itself, made while the locks are held: stop, start, and back where that fails.

import type { Instance } from '../drivers/types.js';
import type { AppTarget } from '../target/types.js';
import { planFor, type Plan } from './plan.js';
import type { Services } from './services.js';

const GRACE_MS = 10_000;
// Of a process, each takes the memory of a small Node for a moment.
const MOST_STARTING = 4;

/** What is changed, and from what. */
export interface Change {
  services: Services;
  stopped: ReadonlySet<string>;
  before: AppTarget | undefined;
  target: AppTarget | undefined;
  why: string;
}

/** Stops what the plan says. Throws if something could not be stopped: then it still runs. */
export async function stopOld({ stop }: Plan, { services, before, why }: Change): Promise<void> {
  await stopAll(stop, before, services, why);
}

/**
 * Starts what the plan says, after {@link stopOld}. Throws why something could not be started; then the
 * release from before runs again, as far as it can.
 */
export async function startNew(
  plan: Plan,
  { services, stopped, before, target, why }: Change,
): Promise<void> {
  if (target === undefined) return;
  try {
    await startAll(plan, target, services, why);
  } catch (error) {
    if (before !== undefined) {
      const back = planFor(before, services.instances, stopped);
      await stopAll(back.stop, target, services, `back to ${before.release}`);
      await startAll(back, before, services, `back to ${before.release}`);
    }
    throw error;
  }
}

// Each may take its whole grace to stop: all at once.
async function stopAll(
  instances: readonly Instance[],
  app: AppTarget | undefined,
  services: Services,
  why: string,
): Promise<void> {
  const graceOf = (name: string): number =>
    app?.services.find((service) => service.name === name)?.stopGrace ?? GRACE_MS;
  await eachOf(instances, Infinity, async (one) => services.stop(one, graceOf(one.service), why));
}

async function startAll(
  { start }: Plan,
  app: AppTarget,
  services: Services,
  why: string,
): Promise<void> {
  await eachOf(start, MOST_STARTING, async (service) => services.start(app, service, why));
}

// So many at a time; all are tried, and none is under way any more when the first failure is thrown.
async function eachOf<T>(
  items: readonly T[],
  most: number,
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await act(item).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}
