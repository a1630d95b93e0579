// Services for a process driver to run, and drivers that leave none behind when the test has ended.

import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
// The built one: its entry program is a program of its own.
import { ProcessDriver } from '../../dist/supervisor/drivers/process/driver.js';
import type { Instance, StartRequest } from '../../src/supervisor/drivers/types.js';
import type { ServiceTarget } from '../../src/supervisor/target/types.js';
import { Child } from './child.js';
import { until } from './scratch.js';

/** A driver in this process; all that it knows of is killed after the test. */
export function driverOf(stateDir: string): ProcessDriver {
  const driver = new ProcessDriver({ stateDir });
  onTestFinished(() => clean(driver));
  return driver;
}

async function clean(driver: ProcessDriver): Promise<void> {
  for (const instance of await driver.list()) await driver.stop(instance, 0);
  await driver.close();
}

/** A request to run that command as service `web` of app `1`. */
export function request(
  stateDir: string,
  command: readonly string[] | undefined,
  service: Partial<ServiceTarget> = {},
  environment: Record<string, string> = {},
): StartRequest {
  const lockDir = join(stateDir, 'locks');
  mkdirSync(lockDir, { recursive: true, mode: 0o755 });
  const target: ServiceTarget = {
    ...{ name: 'web', serviceId: 1, imageId: 1, environment: {}, labels: {}, volumes: [] },
    ...(command && { command }),
    ...{ running: true, restart: 'no', stopGrace: 0 },
    ...service,
  };
  return {
    app: {
      ...{ id: '1', name: 'one', release: 'r1', services: [target] },
      update: { then: 'give-up', windows: [], exitedServices: 'held' },
    },
    service: target,
    fingerprint: 'f1',
    lockDir,
    environment,
  };
}

/** A shell script as a command; it finds `args` from `$1` on. */
export function sh(script: string, ...args: string[]): string[] {
  return ['/bin/sh', '-c', script, 'sh', ...args];
}

/** What a service has written to the file, once it ends in a newline. */
export async function written(file: string): Promise<string> {
  await until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
  return readFileSync(file, 'utf8').trim();
}

/** Whether a process runs; a zombie does not. */
export function runs(pid: number): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
}

type Order =
  | { do: 'list' | 'close' }
  | { do: 'start'; request: StartRequest }
  | { do: 'stop'; instance: Instance; grace: number }
  | { do: 'steps'; request: StartRequest; last: string };

/** A driver in a process of its own; see process-driver.mjs. */
export class DriverProcess {
  readonly child: Child;
  readonly exits: Instance[] = [];

  /** `under`: a command to run it under. What it starts is killed after the test. */
  constructor(stateDir: string, env: NodeJS.ProcessEnv = {}, under: readonly string[] = []) {
    const program = fileURLToPath(new URL('process-driver.mjs', import.meta.url));
    const [command, ...args] = [...under, process.execPath, program, stateDir];
    // Runs after the child itself was killed.
    onTestFinished(() => clean(new ProcessDriver({ stateDir })));
    this.child = new Child(command, args, { env: { ...process.env, ...env } });
  }

  async #next(): Promise<{ answer?: unknown; error?: string; exit?: Instance }> {
    const line = await this.child.line();
    if (!line.startsWith('{')) throw new Error(`the driver said: ${line}`);
    const said = JSON.parse(line) as { answer?: unknown; error?: string; exit?: Instance };
    if (said.exit !== undefined) this.exits.push(said.exit);
    return said;
  }

  async do<T>(order: Order): Promise<T> {
    this.child.say(JSON.stringify(order));
    for (;;) {
      const { answer, error } = await this.#next();
      if (error !== undefined) throw new Error(error);
      if (answer !== undefined) return answer as T;
    }
  }

  /** The next end of a service that it reports. */
  async exit(): Promise<Instance> {
    const { length } = this.exits;
    while (this.exits.length === length) await this.#next();
    return this.exits[length] as Instance;
  }

  /** Ends its input, or kills it; its services keep its output open, so its exit is what counts. */
  async end(how: 'input' | 'SIGKILL'): Promise<number | null> {
    const exit = once(this.child.process, 'exit') as Promise<[number | null]>;
    if (how === 'input') this.child.process.stdin?.end();
    else this.child.process.kill(how);
    return (await exit)[0];
  }
}
