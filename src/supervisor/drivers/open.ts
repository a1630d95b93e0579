// The driver that a configuration names, loaded only then: the one for containers brings a client of
// the engine with it.

import { digestOf } from '../target/digest.js';
import type { Config } from '../config.js';
import type { Driver } from './types.js';

export async function openDriver(config: Config): Promise<Driver> {
  if (config.driver === 'container') {
    const { ContainerDriver } = await import('./container/driver.js');
    return new ContainerDriver({
      // Daemons with other states may use the same engine.
      scope: digestOf(config.state).slice(0, 12),
      ...(config.socket !== undefined && { socket: config.socket }),
    });
  }
  const { ProcessDriver } = await import('./process/driver.js');
  return new ProcessDriver({ stateDir: config.state });
}
