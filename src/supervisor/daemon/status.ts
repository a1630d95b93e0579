// Where an app stands, in the words of balena's clients.

import type { AppStatus, ServiceStatus, UpdateStatus } from '../types.js';
import type { ServiceTarget } from '../target/types.js';
import type { App } from './app.js';
import { isRunning } from './plan.js';

/** `progress`: percent of what is being fetched, by service. */
export function statusOf(
  app: App,
  update: UpdateStatus,
  progress: ReadonlyMap<string, number>,
): AppStatus {
  const { id, current, target } = app;
  const shown = current ?? target;
  return {
    id,
    name: shown?.name ?? id,
    ...(current && { release: current.release }),
    update,
    services: (shown?.services ?? []).map((service) => one(app, service, progress)),
  };
}

function one(
  app: App,
  service: ServiceTarget,
  progress: ReadonlyMap<string, number>,
): ServiceStatus {
  const { name, serviceId, imageId, image } = service;
  const instance = app.services.of(name);
  const percent = progress.get(name);
  return {
    name,
    serviceId,
    imageId,
    ...(image !== undefined && { image }),
    ...(instance && { instance }),
    ...(percent !== undefined && { downloadProgress: percent }),
    status: statusName(
      instance !== undefined && isRunning(instance),
      instance !== undefined,
      percent,
    ),
  };
}

function statusName(
  runs: boolean,
  ran: boolean,
  percent: number | undefined,
): ServiceStatus['status'] {
  if (runs) return 'Running';
  if (percent !== undefined) return 'Downloading';
  return ran ? 'exited' : 'Stopped';
}
