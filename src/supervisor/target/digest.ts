// Digests by which two targets are told apart: the order of keys makes no difference.

import { createHash } from 'node:crypto';
import type { AppTarget, ServiceTarget } from './types.js';

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]);
}

/** 32 hexadecimal digits that stand for a value of JSON's kinds. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, 32);
}

/** Whether two apps' targets say the same; compared by content, because one may have been stored. */
export function sameTarget(one: AppTarget | undefined, other: AppTarget | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one === other || digestOf(one) === digestOf(other);
}

/**
 * Of everything that a running service cannot take over without being replaced. Not of `running`,
 * `restart`, `stopGrace` and the numbers, which only the supervisor looks at.
 */
export function fingerprintOf(service: ServiceTarget): string {
  const { image, command, environment, labels, volumes, workingDir } = service;
  return digestOf({ image, command, environment, labels, volumes, workingDir });
}

/** Names a release that was given no name: of everything in its services, in whatever order. */
export function releaseOf(services: readonly ServiceTarget[]): string {
  return digestOf(Object.fromEntries(services.map((service) => [service.name, service])));
}
