// What the engine is told to make of a service.
//
// Not protected: a service may be given any path of the host as a volume. Who writes the target state
// decides that.

import { randomBytes } from 'node:crypto';
import { isAbsolute, normalize } from 'node:path/posix';
import type { MountSettings } from 'dockerode';
import { LockError } from '../../../errors.js';
import type { Mount } from '../../target/types.js';
import type { StartRequest } from '../types.js';
import { words } from './failure.js';
import { labelsFor } from './labels.js';
import type { Creation } from './run.js';
import { volumeName } from './volumes.js';

/** Where services look for their lock directory: under its name of today, and under its first one. */
const LOCK_PLACES = ['/tmp/balena', '/tmp/resin'];

/** "service 'a' of app '1'", for messages. */
export function called({ app, service }: Pick<StartRequest, 'app' | 'service'>): string {
  return `service '${service.name}' of app '${app.id}'`;
}

// For people who list containers. The end makes it unique: what a crash has left cannot be in the way.
function nameFor({ app, service }: StartRequest): string {
  const parts = [service.name, app.id, app.release.slice(0, 7)].map((part) => part.slice(0, 64));
  const name = [...parts, randomBytes(4).toString('hex')].join('_');
  return name.replace(/[^\w.-]/g, '-').replace(/^[^a-zA-Z0-9]+/, '');
}

// Podman writes a mount as text with commas between its options, and takes what it finds there.
const UNMOUNTABLE = /[,\n\0]/;

function problemOf({ source, target }: Mount): string | undefined {
  if (UNMOUNTABLE.test(source + target))
    return 'has a comma or a line break in its path, which engines cannot mount';
  if (LOCK_PLACES.includes(normalize(`${target}/`).replace(/\/$/, '')))
    return 'would hide the lock directory of the service';
  return undefined;
}

function checkMounts(request: StartRequest): void {
  const refused = (what: string): LockError =>
    new LockError('ERR_SERVICE', `cannot start ${called(request)}: ${what}`);
  const { lockDir, service } = request;
  if (UNMOUNTABLE.test(lockDir))
    throw refused(`engines cannot mount '${words(lockDir)}'; use names without a comma`);
  for (const volume of service.volumes) {
    const problem = problemOf(volume);
    if (problem === undefined) continue;
    const what = `volume '${words(volume.source)}' at '${words(volume.target)}'`;
    throw refused(`${what} ${problem}; change the volume`);
  }
}

// As mounts, not as `Binds`: those are split at colons.
function mountsFor(request: StartRequest): MountSettings[] {
  const { app, service, lockDir } = request;
  const locks = LOCK_PLACES.map((Target): MountSettings => ({
    Type: 'bind',
    Source: lockDir,
    Target,
    ReadOnly: false,
  }));
  const volumes = service.volumes.map(({ source, target, readOnly }): MountSettings => ({
    Type: isAbsolute(source) ? 'bind' : 'volume',
    Source: isAbsolute(source) ? source : volumeName(app.id, source),
    Target: target,
    ReadOnly: readOnly,
  }));
  return [...locks, ...volumes];
}

/** Name and description of the container for a service that has an image. ERR_SERVICE if it has none. */
export function creation(request: StartRequest, scope: string): Creation {
  const { service, environment } = request;
  if (service.image === undefined)
    throw new LockError(
      'ERR_SERVICE',
      `cannot start ${called(request)}: it names no image, and the container driver runs nothing else`,
    );
  checkMounts(request);
  const variables = { ...service.environment, ...environment };
  const body: Creation['body'] = {
    Image: service.image,
    Env: Object.entries(variables).map(([key, value]) => `${key}=${value}`),
    Labels: labelsFor(request, scope),
    // Also for an engine that is shut down while we are not there.
    StopTimeout: Math.ceil(service.stopGrace / 1000),
    // The supervisor restarts: an engine that did would start what was to stay stopped.
    HostConfig: { RestartPolicy: { Name: 'no' }, Mounts: mountsFor(request) },
    ...(service.command !== undefined && { Cmd: [...service.command] }),
    ...(service.workingDir !== undefined && { WorkingDir: service.workingDir }),
  };
  return { name: nameFor(request), body };
}
