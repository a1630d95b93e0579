// The service that a lock directory belongs to: a balena-style supervisor keeps one for each service
// below <root>/tmp/balena-supervisor/services/<appId>/<service>/.

import { resolve } from 'node:path';

const PLACE = /\/balena-supervisor\/services\/([^/]+)\/([^/]+)\/(?:resin-)?updates\.lock$/;

/** App and service, if the path lies in a supervisor's lock directory. */
export function serviceOf(path: string): { app: string; service: string } | undefined {
  const [, app, service] = PLACE.exec(resolve(path)) ?? [];
  return app === undefined || service === undefined ? undefined : { app, service };
}
