// The supervisor's state in the shapes that balena's clients know.

import { networkInterfaces } from 'node:os';
import type { AppStatus, ServiceStatus, Status, UpdateStatus } from '../types.js';
import { opens, type Caller } from './keys.js';

/** The status of what the caller's key opens. */
export function visible(status: Status, caller: Caller): Status {
  const { fleet, ...rest } = status;
  const apps = rest.apps.filter(({ id }) => opens(caller, id));
  return { ...rest, apps, ...(fleet && opens(caller, undefined) && { fleet }) };
}

/** A number where it is one: balena's clients compare it with numbers. */
export function appNumber(id: string): number | string {
  return /^(?:0|[1-9]\d{0,14})$/.test(id) ? Number(id) : id;
}

/** Percent over all that is being fetched, null if nothing is. */
function progress(services: readonly ServiceStatus[]): number | null {
  const known = services.flatMap(({ downloadProgress = [] }) => downloadProgress);
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
}

function servicesOf({ apps }: Status): ServiceStatus[] {
  return apps.flatMap(({ services }) => services);
}

function commitOf({ apps }: Status): string | undefined {
  return apps.length === 1 ? apps[0]?.release : undefined;
}

function containers(app: AppStatus): unknown[] {
  return app.services.flatMap(({ name, status, imageId, serviceId, instance }) => {
    if (instance === undefined) return [];
    return {
      status: instance.state === 'running' ? 'Running' : status,
      serviceName: name,
      appId: appNumber(app.id),
      imageId,
      serviceId,
      containerId: instance.id,
      createdAt: instance.startedAt,
    };
  });
}

function images(app: AppStatus): unknown[] {
  return app.services.flatMap(({ name, image, imageId, status, downloadProgress }) => {
    if (image === undefined) return [];
    return {
      name: image,
      appId: appNumber(app.id),
      serviceName: name,
      imageId,
      dockerImageId: null, // only the engine knows
      status: status === 'Downloading' ? 'Downloading' : 'Downloaded',
      downloadProgress: downloadProgress ?? null,
    };
  });
}

/** `GET /v2/state/status`. `applied` only if nothing is left to do. */
export function stateStatus(status: Status): unknown {
  const release = commitOf(status);
  return {
    status: 'success',
    appState: status.apps.every(({ update }) => update.state === 'idle') ? 'applied' : 'applying',
    overallDownloadProgress: progress(servicesOf(status)),
    containers: status.apps.flatMap(containers),
    images: status.apps.flatMap(images),
    ...(release !== undefined && { release }),
  };
}

/** `GET /v2/applications/state`. */
export function applicationsState({ apps }: Status): unknown {
  const entries = apps.map(({ id, name, release, services }) => [
    name,
    {
      appId: appNumber(id),
      commit: release,
      services: Object.fromEntries(
        services.map((service) => [
          service.name,
          { status: service.status, downloadProgress: service.downloadProgress ?? null },
        ]),
      ),
    },
  ]);
  return Object.fromEntries(entries);
}

const DEVICE_STATUS: { readonly [state in UpdateStatus['state']]?: string } = {
  fetching: 'Downloading',
  applying: 'Updating',
};

function addresses(): string {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  return all
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address)
    .join(' ');
}

/** `GET /v1/device`. As with balena, an update that waits for a lock counts as failed so far. */
export function device(
  status: Status,
  about: { port: number | null; os: string; version: string },
): unknown {
  const states = new Set(status.apps.map(({ update }) => update.state));
  const any = (...wanted: UpdateStatus['state'][]): boolean =>
    wanted.some((one) => states.has(one));
  const busy = (['applying', 'fetching'] as const).find((state) => states.has(state));
  return {
    api_port: about.port,
    ip_address: addresses(),
    commit: commitOf(status) ?? null,
    status: (busy && DEVICE_STATUS[busy]) ?? 'Idle',
    download_progress: progress(servicesOf(status)),
    os_version: about.os,
    supervisor_version: about.version,
    update_pending: status.apps.some(({ update }) => update.state !== 'idle'),
    update_downloaded: any('window', 'waiting', 'fleet', 'applying', 'gave-up'),
    update_failed: any('waiting', 'failed', 'gave-up'),
  };
}
