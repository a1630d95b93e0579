// From what is asked for to what the entry program is ordered to do, and every reason why not.

import { isAbsolute } from 'node:path';
import { serviceEnvironment } from '../../../env.js';
import { LockError } from '../../../errors.js';
import type { Mount, ServiceTarget } from '../../target/types.js';
import type { StartRequest } from '../types.js';
import type { Order } from './order.js';
import { findProgram } from './program.js';
import type { Volumes } from './volumes.js';

/** `cannot <doing> service '…': why`. */
export function serviceError(doing: string, service: string, why: unknown): LockError {
  const text = why instanceof Error ? why.message : String(why);
  return new LockError('ERR_SERVICE', `cannot ${doing} service '${service}': ${text}`, {
    ...(LockError.is(why) && why.path !== undefined && { path: why.path }),
    ...(why instanceof Error && { cause: why }),
  });
}

function commandOf({ command }: ServiceTarget): readonly string[] {
  if (!command?.[0])
    throw new Error(
      'it has no command; the process driver runs commands, not images: give it a `command`, or use the container driver',
    );
  if (command.some((word) => word.includes('\0'))) throw new Error('its command has a NUL in it');
  return command;
}

// A relative one would depend on where the supervisor was started.
function workingDirOf({ workingDir = '/' }: ServiceTarget): string {
  if (isAbsolute(workingDir)) return workingDir;
  throw new Error(`its workingDir '${workingDir}' is not an absolute path`);
}

function environmentOf(...parts: Readonly<Record<string, string>>[]): Record<string, string> {
  const all = serviceEnvironment();
  for (const part of parts) Object.assign(all, part);
  for (const [name, value] of Object.entries(all))
    if (name === '' || /[=\0]/.test(name) || value.includes('\0'))
      throw new Error(`${JSON.stringify(name)} cannot be a variable of its environment`);
  return all;
}

// The same place, writable: it is there without a mount.
function needsMount({ source, target, readOnly }: Mount): boolean {
  return source !== target || readOnly;
}

/** The order for a service; makes its named volumes. Throws an Error that says why there is none. */
export function orderFor(request: StartRequest, volumes: Volumes, mark: string): Order {
  const { app, service, lockDir } = request;
  const [name = '', ...rest] = mark.split('=');
  return {
    command: commandOf(service),
    environment: environmentOf(service.environment, request.environment, {
      [name]: rest.join('='),
    }),
    workingDir: workingDirOf(service),
    volumes: service.volumes.filter(needsMount).map((mount) => volumes.resolve(app.id, mount)),
    lockDir,
  };
}

/**
 * Whether the service's program can be found and executed. One that comes with a volume shows only
 * where that is mounted: start() looks again.
 */
export function checkProgram(service: ServiceTarget): void {
  const [name = ''] = commandOf(service);
  const environment = environmentOf(service.environment);
  const found = findProgram(name, environment['PATH'] ?? '', workingDirOf(service));
  if ('why' in found && !service.volumes.some(needsMount)) throw new Error(found.why);
}
