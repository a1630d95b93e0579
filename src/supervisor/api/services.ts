// Which service of an app a request means.

import { LockError } from '../../errors.js';
import type { AppStatus, ServiceStatus, Supervisor } from '../types.js';
import { ApiError } from './kinds.js';

/** LockError (ERR_NOT_FOUND) if there is no such app. */
export function appOf(supervisor: Supervisor, id: string): AppStatus {
  const app = supervisor.status().apps.find((one) => one.id === id);
  if (app === undefined)
    throw new LockError('ERR_NOT_FOUND', `no app '${id}' runs here; see GET /status`);
  return app;
}

/** The one that is named, by its name or its image. LockError (ERR_NOT_FOUND) if there is none. */
export function serviceOf(
  supervisor: Supervisor,
  app: string,
  wanted: { serviceName?: string | undefined; imageId?: number | undefined },
): ServiceStatus {
  const { serviceName, imageId } = wanted;
  if (serviceName === undefined && imageId === undefined)
    throw new ApiError('invalid', 'This endpoint requires one of imageId or serviceName');
  const found = appOf(supervisor, app).services.find(
    (one) =>
      (imageId === undefined || one.imageId === imageId) &&
      (serviceName === undefined || one.name === serviceName),
  );
  if (found === undefined)
    throw new LockError(
      'ERR_NOT_FOUND',
      `app '${app}' has no service ${serviceName === undefined ? `with image ${String(imageId)}` : `'${serviceName}'`}`,
    );
  return found;
}

/** The only service of an app: balena's v1 knows no other apps. */
export function onlyService(supervisor: Supervisor, app: string): ServiceStatus {
  const [only, second] = appOf(supervisor, app).services;
  if (only === undefined || second !== undefined)
    throw new ApiError('invalid', 'Some v1 endpoints are only allowed on single-container apps');
  return only;
}
