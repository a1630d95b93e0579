// The service that a lock directory belongs to: a balena-style supervisor keeps one for each service
// below <root>/tmp/balena-supervisor/services/<appId>/<service>/.

import { resolve } from 'node:path';

const ROOT = 'balena-supervisor';
const PLACE = /\/balena-supervisor\/services\/([^/]+)\/([^/]+)\/(?:resin-)?updates\.lock$/;

/** App and service, if the path lies in a supervisor's lock directory. */
export function serviceOf(path: string): { app: string; service: string } | undefined {
  // To resolve a path costs more than all else here, and most lie elsewhere.
  if (!path.includes(ROOT) && !process.cwd().includes(ROOT)) return undefined;
  const [, app, service] = PLACE.exec(resolve(path)) ?? [];
  return app === undefined || service === undefined ? undefined : { app, service };
}
