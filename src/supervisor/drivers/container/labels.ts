// The labels by which a container is known to be ours, and whose run it is. They are all that a daemon
// has to go by that adopts what one before it started.

import type { StartRequest } from '../types.js';

const PREFIX = 'lockbridge.';
export const SUPERVISED: string = `${PREFIX}supervised`;
export const APP: string = `${PREFIX}app`;
const SCOPE = `${PREFIX}scope`;

/** What an engine's lists and events are narrowed to: one supervisor's of several on the engine. */
export interface Filter {
  label: string[];
}

export function filterFor(scope: string): Filter {
  return { label: [`${SUPERVISED}=1`, `${SCOPE}=${scope}`] };
}

export interface Identity {
  app: string;
  service: string;
  release: string;
  fingerprint: string;
}

/**
 * The service's own labels, and ours over them: a service cannot pass for another. `io.balena.*` are
 * what tools made for balena go by, but for `io.balena.supervised`: a balena-supervisor on the same
 * engine would take the container for its own.
 */
export function labelsFor(
  { app, service, fingerprint }: StartRequest,
  scope: string,
): Record<string, string> {
  return {
    ...service.labels,
    'io.balena.app-id': app.id,
    'io.balena.app-name': app.name,
    'io.balena.service-id': String(service.serviceId),
    'io.balena.service-name': service.name,
    'io.balena.image-id': String(service.imageId),
    [SUPERVISED]: '1',
    [SCOPE]: scope,
    [APP]: app.id,
    [`${PREFIX}service`]: service.name,
    [`${PREFIX}release`]: app.release,
    [`${PREFIX}fingerprint`]: fingerprint,
  };
}

/** Whose run it is; undefined if it is not ours. */
export function identityOf(labels: Readonly<Record<string, string>>): Identity | undefined {
  const [app, service, release, fingerprint] = ['app', 'service', 'release', 'fingerprint'].map(
    (name) => labels[PREFIX + name],
  );
  if (labels[SUPERVISED] !== '1' || app === undefined || service === undefined) return undefined;
  if (release === undefined || fingerprint === undefined) return undefined;
  return { app, service, release, fingerprint };
}
