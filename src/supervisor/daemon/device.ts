// What concerns the whole device: reboot, shutdown, the host's name. A configured command does it,
// under the locks of all apps, and not while the host's own update waits for its health check.

import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from '../../env.js';
import { LockError } from '../../errors.js';
import { checkHostUpdate } from '../locks/breadcrumbs.js';
import type { Asked } from '../types.js';
import type { App } from './app.js';
import type { Operations } from './operations.js';

export interface DeviceCommands {
  reboot?: readonly string[];
  shutdown?: readonly string[];
  /** The name is appended. */
  hostname?: readonly string[];
}

// A reboot takes a moment to reach the services: nobody may begin to flash meanwhile.
const GOING_DOWN_MS = 60_000;

export class Device {
  readonly #root: string;
  readonly #commands: DeviceCommands;
  readonly #operations: Operations;
  readonly #apps: () => readonly App[];

  constructor(
    root: string,
    commands: DeviceCommands,
    operations: Operations,
    apps: () => readonly App[],
  ) {
    this.#root = root;
    this.#commands = commands;
    this.#operations = operations;
    this.#apps = apps;
  }

  /** Resolves once the locks are held and the command has ended well; the locks stay for a minute. */
  async goDown(how: 'reboot' | 'shutdown', asked: Asked): Promise<void> {
    const command = this.#commandFor(how);
    if (asked.force !== true) checkHostUpdate(this.#root);
    await new Promise<void>((resolve, reject) => {
      this.#operations
        .under(this.#apps(), asked, how, async () => {
          await execute(command);
          resolve();
          // Told to end, the daemon goes down with the device.
          const { closing: signal } = this.#operations;
          await delay(GOING_DOWN_MS, undefined, { signal, ref: false }).catch(() => undefined);
        })
        .catch(reject);
    });
  }

  async setHostname(name: string, asked: Asked): Promise<void> {
    const command = this.#commandFor('hostname');
    await this.#operations.under(this.#apps(), asked, 'change of the host name', async () =>
      execute([...command, name]),
    );
  }

  hostConfig(): { network: { hostname: string } } {
    return { network: { hostname: hostname() } };
  }

  #commandFor(what: keyof DeviceCommands): readonly string[] {
    const command = this.#commands[what];
    if (command === undefined)
      throw new LockError(
        'ERR_NOT_CONFIGURED',
        `no command does that here; set \`commands: { ${what}: [...] }\` in the configuration`,
      );
    return command;
  }
}

async function execute([program = '', ...args]: readonly string[]): Promise<void> {
  const child = spawn(program, args, { env: childEnvironment(), stdio: 'ignore' });
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string, cause?: unknown): void => {
      reject(new LockError('ERR_COMMAND', `'${program}' failed: ${why}`, { cause }));
    };
    child.on('error', (error) => {
      fail(error.message, error);
    });
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else fail(signal ?? `exit code ${String(code)}`);
    });
  });
}
