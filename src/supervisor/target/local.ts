// balena's local target state, as its clients send and read it (`/v2/local/target-state`), with the
// update policy as a field of our own (`update`, as the configuration file has it) and `dataDir`.
//
// What `toLocalTarget` writes, `parseLocalTarget` reads as the same target. Fields of compose that
// nothing here acts upon are left out without an error: balena's clients send them all.

import { z } from 'zod';
import { LockError } from '../../errors.js';
import { appTarget, type WrittenApp } from './app.js';
import { hostPath, id as number, name, releaseName, text, values } from './fields.js';
import { numberOf } from './ids.js';
import { lacking } from './needs.js';
import { policy, writePolicy } from './policy.js';
import { fieldName, problemsOf, refuse, type Problem } from './problems.js';
import { localService } from './service.js';
import type { AppTarget, ServiceTarget, TargetState } from './types.js';

const MOST_TOLD = 20;

const mapping = { error: () => 'an object' };
const serviceKey = z.string().regex(/^[1-9]\d{0,9}$/, { error: () => 'a service id' });

const app = z
  .object(
    {
      name: text.exactOptional(),
      commit: releaseName.exactOptional(),
      releaseId: number.exactOptional(),
      dataDir: hostPath().exactOptional(),
      update: policy.exactOptional(),
      services: z.record(serviceKey, localService, mapping),
    },
    mapping,
  )
  .transform(({ commit, services, releaseId, ...rest }, context): WrittenApp => {
    const seen = new Map<string | number, string>();
    const list = Object.entries(services).map(([key, service]) => {
      const { serviceId = Number(key) } = service;
      for (const unique of [service.name, serviceId]) {
        const other = seen.get(unique);
        if (other !== undefined)
          refuse(context, ['services', key], `has the name or number of services.${other}`);
        seen.set(unique, key);
      }
      return { ...service, serviceId };
    });
    return { ...rest, services: list, ...(commit !== undefined && { release: commit }) };
  });

const body = z.object(
  {
    local: z.object(
      {
        name: text.exactOptional(),
        config: values.default({}),
        // Not left out, or a misspelt name would be a target in which nothing is to run.
        apps: z.record(name, app, mapping),
      },
      mapping,
    ),
  },
  mapping,
);

/**
 * Reads the JSON of a request. LockError (ERR_TARGET) with one line for each field that is not usable.
 * `driver`: what it needs has to be there too. `fallbackName`: the device's, where the body has none.
 */
export function parseLocalTarget(
  input: unknown,
  { driver, fallbackName = '' }: { driver?: 'process' | 'container'; fallbackName?: string } = {},
): TargetState {
  const { data, error } = body.safeParse(input);
  if (error !== undefined) throw unusable(problemsOf(error, input));
  const { name: device = fallbackName, config, apps } = data.local;
  const made = Object.entries(apps).map(([id, written]) => appTarget(id, written));
  const key = ({ serviceId }: ServiceTarget): string => String(serviceId);
  const needed = driver === undefined ? [] : lacking(made, driver, key);
  if (needed.length > 0)
    throw unusable(needed.map(({ path, text }) => ({ path: ['local', ...path], text })));
  return { name: device, config, apps: made };
}

function unusable(problems: readonly Problem[]): LockError {
  const lines = problems.slice(0, MOST_TOLD).map(({ path, text }) => {
    return `target state: ${path.length === 0 ? '' : `${fieldName(path)}: `}${text}`;
  });
  if (problems.length > MOST_TOLD)
    lines.push(`target state: and ${String(problems.length - MOST_TOLD)} more`);
  return new LockError('ERR_TARGET', lines.join('\n'));
}

/** The target as balena's clients read it. */
export function toLocalTarget(target: TargetState): Record<string, unknown> {
  const { name, config, apps } = target;
  const written = Object.fromEntries(apps.map((one) => [one.id, writeApp(one)]));
  return { local: { name, config, apps: written } };
}

function writeApp({ name, release, services, update }: AppTarget): Record<string, unknown> {
  const volumes = services.flatMap((service) => service.volumes.map(({ source }) => source));
  const named = volumes.filter((source) => !source.startsWith('/'));
  return {
    name,
    commit: release,
    releaseId: numberOf(release),
    services: Object.fromEntries(services.map((one) => [String(one.serviceId), writeService(one)])),
    volumes: Object.fromEntries(named.map((source) => [source, {}])),
    networks: {},
    update: writePolicy(update),
    ...(update.dataDir !== undefined && { dataDir: update.dataDir }),
  };
}

function writeService(service: ServiceTarget): Record<string, unknown> {
  const { name, stopGrace, workingDir, volumes, ...rest } = service;
  return {
    serviceName: name,
    ...rest,
    volumes: volumes.map(({ source, target, readOnly }) =>
      [source, target, ...(readOnly ? ['ro'] : [])].join(':'),
    ),
    stop_grace_period: stopGrace / 1000,
    ...(workingDir !== undefined && { working_dir: workingDir }),
  };
}
