// Where the container engine listens: what the caller or the environment names, else the first of the
// usual places at which somebody listens who may be trusted with our services: root, or we ourselves.

import { lstatSync } from 'node:fs';
import { engineSocket } from '../../../env.js';
import { LockError } from '../../../errors.js';

function usualPlaces(): string[] {
  const ours = `/run/user/${String(process.getuid?.() ?? 0)}`;
  return [
    '/run/docker.sock',
    '/var/run/docker.sock',
    '/run/podman/podman.sock',
    '/run/balena-engine.sock',
    `${ours}/docker.sock`,
    `${ours}/podman/podman.sock`,
  ];
}

function usable(socket: string): boolean {
  const seen = lstatSync(socket, { throwIfNoEntry: false });
  return seen?.isSocket() === true && (seen.uid === 0 || seen.uid === process.getuid?.());
}

/** The path of the engine's socket. ERR_SERVICE if none is named and none is at the usual places. */
export function findSocket(named?: string): string {
  const given = named ?? engineSocket();
  if (given !== undefined) return given;
  const places = usualPlaces();
  const found = places.find(usable);
  if (found !== undefined) return found;
  throw new LockError(
    'ERR_SERVICE',
    `no container engine: no socket of root's or ours at ${places.join(', ')}; start Docker, or Podman's ` +
      '`podman system service`, or name its socket with DOCKER_HOST=unix:///PATH',
  );
}
