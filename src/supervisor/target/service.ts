// A service, as the configuration file and the HTTP API write it: the same fields, but for spelling.

import { z } from 'zod';
import {
  choice,
  command,
  duration,
  flag,
  hostPath,
  id,
  mount,
  name,
  pairs,
  text,
} from './fields.js';
import { fields, refuse } from './problems.js';
import type { ServiceTarget } from './types.js';

/** A service that may lack its numbers. */
export type WrittenService = Omit<ServiceTarget, 'name' | 'serviceId' | 'imageId'> & {
  serviceId?: number;
  imageId?: number;
};

const STOP_GRACE = 10_000; // as docker stop

const grace = duration.exactOptional();
const restart = choice('always', 'on-failure', 'no', 'unless-stopped').default('always');

// `base`: where paths that begin with "./" are meant from.
const common = (base?: string) => ({
  image: text.exactOptional(),
  command: command.exactOptional(),
  environment: pairs.default({}),
  labels: pairs.default({}),
  volumes: z.array(mount(base), { error: () => 'a list' }).default([]),
  // Whatever was stopped on purpose stays stopped here: "unless-stopped" is "always".
  restart: restart.transform((word) => (word === 'unless-stopped' ? 'always' : word)),
  running: flag.default(true),
  stop_grace_period: grace,
  working_dir: hostPath(base).exactOptional(),
});

/** A service of the configuration file; only fields that are known. */
export function fileService(base: string): z.ZodType<WrittenService> {
  const shape = {
    ...common(base),
    'service-id': id.exactOptional(),
    'image-id': id.exactOptional(),
    'stop-grace': grace,
    'working-dir': hostPath(base).exactOptional(),
  };
  return fields(shape).transform((written, context): WrittenService => {
    const { stop_grace_period, working_dir, ...rest } = written;
    const { 'service-id': serviceId, 'image-id': imageId, 'stop-grace': stopGrace, ...more } = rest;
    const { 'working-dir': workingDir, ...service } = more;
    if (stopGrace !== undefined && stop_grace_period !== undefined)
      refuse(context, ['stop_grace_period'], 'is "stop-grace" too; leave one of them out');
    if (workingDir !== undefined && working_dir !== undefined)
      refuse(context, ['working_dir'], 'is "working-dir" too; leave one of them out');
    const directory = workingDir ?? working_dir;
    return {
      ...service,
      stopGrace: stopGrace ?? stop_grace_period ?? STOP_GRACE,
      ...(directory !== undefined && { workingDir: directory }),
      ...(serviceId !== undefined && { serviceId }),
      ...(imageId !== undefined && { imageId }),
    };
  });
}

/**
 * A service of balena's local target state. What else its clients send (compose knows a hundred
 * fields) is left out.
 */
export const localService: z.ZodType<WrittenService & { name: string }> = z
  .object(
    {
      ...common(),
      serviceName: name,
      serviceId: id.exactOptional(),
      imageId: id.exactOptional(),
    },
    { error: () => 'an object' },
  )
  .transform(({ serviceName, stop_grace_period, working_dir, ...service }) => ({
    ...service,
    name: serviceName,
    stopGrace: stop_grace_period ?? STOP_GRACE,
    ...(working_dir !== undefined && { workingDir: working_dir }),
  }));
