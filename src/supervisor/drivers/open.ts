// The driver that a configuration names, loaded only then: the one for containers brings a client of
// the engine with it.

import type { Config } from '../config.js';
import type { Driver } from './types.js';

export async function openDriver(config: Config): Promise<Driver> {
  if (config.driver === 'container') {
    const { ContainerDriver } = await import('./container/driver.js');
    return new ContainerDriver(config.socket === undefined ? {} : { socket: config.socket });
  }
  const { ProcessDriver } = await import('./process/driver.js');
  return new ProcessDriver({ stateDir: config.state });
}
