// What a service finds in its environment: the variables of balena's supervisor, and their old names.

import { join } from 'node:path';
import type { Driver } from '../drivers/types.js';
import type { AppTarget, ServiceTarget } from '../target/types.js';

export interface Given {
  /** `http://127.0.0.1:48484`; absent where services cannot reach the API. */
  address?: string | undefined;
  /** Opens what belongs to the app. */
  key?: string | undefined;
  device: string;
  /** Its lock directory, on the host. */
  lockDir: string;
  driver: Driver['name'];
}

// A container sees its lock directory in one place only; a process, where it really is as well, and
// that holds also where it has no mounts of its own.
function lockPathIn(lockDir: string, driver: Driver['name']): string {
  return join(driver === 'container' ? '/tmp/balena' : lockDir, 'updates.lock');
}

/** The variables for one service. */
export function environmentOf(
  app: AppTarget,
  service: ServiceTarget,
  { address, key, device, lockDir, driver }: Given,
): Record<string, string> {
  const variables: Record<string, string> = {
    APP_ID: app.id,
    APP_NAME: app.name,
    APP_RELEASE: app.release,
    SERVICE_NAME: service.name,
    APP_LOCK_PATH: lockPathIn(lockDir, driver),
    DEVICE_NAME_AT_INIT: device,
  };
  if (address !== undefined) {
    const { hostname, port } = new URL(address);
    Object.assign(variables, {
      SUPERVISOR_ADDRESS: address,
      SUPERVISOR_HOST: hostname,
      SUPERVISOR_PORT: port,
    });
    if (key !== undefined) variables['SUPERVISOR_API_KEY'] = key;
  }
  const both = Object.entries(variables).flatMap(([name, value]) => [
    [`BALENA_${name}`, value],
    [`RESIN_${name}`, value],
  ]);
  return { BALENA: '1', RESIN: '1', ...Object.fromEntries(both) } as Record<string, string>;
}
