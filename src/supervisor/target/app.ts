// An app of the target, made from what was written about it.

import { releaseOf } from './digest.js';
import { numbered } from './ids.js';
import { NO_POLICY } from './policy.js';
import type { WrittenService } from './service.js';
import type { AppTarget, UpdatePolicy } from './types.js';

/** An app as it was written. */
export interface WrittenApp {
  name?: string;
  release?: string;
  dataDir?: string;
  update?: UpdatePolicy;
  services: readonly (WrittenService & { name: string })[];
}

/** The app, its services in the order of their names. */
export function appTarget(id: string, written: WrittenApp): AppTarget {
  const sorted = [...written.services].sort((a, b) => (a.name < b.name ? -1 : 1));
  const services = numbered(id, sorted);
  const { name = id, release = releaseOf(services), dataDir, update = NO_POLICY } = written;
  const policy = { ...update, ...(dataDir !== undefined && { dataDir }) };
  return { id, name, release, services, update: policy };
}
