// What a driver cannot do without, checked when a target is read rather than when it is to be started.

import type { Problem } from './problems.js';
import type { AppTarget, ServiceTarget } from './types.js';

const WHAT = {
  process: { field: 'command', expected: 'a list of words or a string' },
  container: { field: 'image', expected: 'the name of an image' },
} as const;

/** The fields that this driver needs and services lack; `key` is what a service is written under. */
export function lacking(
  apps: readonly AppTarget[],
  driver: keyof typeof WHAT,
  key: (service: ServiceTarget) => string,
): Problem[] {
  const { field, expected } = WHAT[driver];
  return apps.flatMap(({ id, services }) =>
    services
      .filter((service) => service[field] === undefined)
      .map((service) => ({
        path: ['apps', id, 'services', key(service), field],
        text: `expected ${expected}, got nothing: the ${driver} driver needs it`,
      })),
  );
}
