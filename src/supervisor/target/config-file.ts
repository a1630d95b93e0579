// The fields of the configuration file.

import { isIPv4 } from 'node:net';
import { z } from 'zod';
import type { WrittenApp } from './app.js';
import { choice, hostPath, name, releaseName, text, values, words } from './fields.js';
import { fleet, type FleetConfig } from './fleet.js';
import { policy } from './policy.js';
import { fields, refuse } from './problems.js';
import { fileService } from './service.js';

/** Where the API listens. */
export type Listen = { host: string; port: number } | { path: string };

/** The file, checked; apps in the order in which they stand there. */
export interface WrittenConfig {
  name?: string;
  root: string;
  state: string;
  driver: 'process' | 'container';
  socket?: string;
  api: { listen: Listen; 'key-file'?: string };
  commands: { reboot?: string[]; shutdown?: string[]; hostname?: string[] };
  config: Record<string, string>;
  fleet?: FleetConfig;
  apps: { app: string; written: WrittenApp }[];
}

const LISTEN = 'a loopback address such as 127.0.0.1:48484 or [::1]:48484, or unix:/PATH';

// The key opens everything on the device: it is not to travel over a network.
const listen = text.transform((written, context): Listen => {
  const path = /^unix:(\/.+)$/.exec(written)?.[1];
  if (path !== undefined) return { path };
  const [, bracketed, plain, digits] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(written) ?? [];
  const port = Number(digits) || NaN; // not 0: whoever asks has to know it beforehand
  const loopback = plain !== undefined && isIPv4(plain) && plain.startsWith('127.');
  if (port <= 65_535 && bracketed === '::1') return { host: '::1', port };
  if (port <= 65_535 && plain === 'localhost') return { host: '127.0.0.1', port };
  if (port <= 65_535 && loopback) return { host: plain, port };
  context.issues.push({ code: 'custom', message: LISTEN, input: written });
  return z.NEVER;
});

function app(base: string): z.ZodType<WrittenApp> {
  const named = { error: () => 'a mapping of services' };
  const schema = fields({
    name: text.exactOptional(),
    release: releaseName.exactOptional(),
    'data-dir': hostPath(base).exactOptional(),
    update: policy.exactOptional(),
    services: z.record(name, fileService(base), named),
  });
  return schema.transform(({ 'data-dir': dataDir, services, ...rest }, context): WrittenApp => {
    const seen = new Map<number, string>();
    for (const [service, { serviceId }] of Object.entries(services)) {
      const other = serviceId === undefined ? undefined : seen.get(serviceId);
      if (other !== undefined)
        refuse(context, ['services', service, 'service-id'], `"${other}" has that number too`);
      if (serviceId !== undefined) seen.set(serviceId, service);
    }
    const list = Object.entries(services).map(([key, service]) => ({ ...service, name: key }));
    return { ...rest, services: list, ...(dataDir !== undefined && { dataDir }) };
  });
}

/** The whole file; paths that begin with `./` are meant from `base`. */
export function configFile(base: string): z.ZodType<WrittenConfig> {
  const path = hostPath(base);
  const command = words.exactOptional();
  const schema = fields({
    name: text.exactOptional(),
    root: path.default('/'),
    state: path.default('/var/lib/lockbridge'),
    driver: choice('process', 'container').default('process'),
    socket: path.exactOptional(),
    api: fields({
      listen: listen.default({ host: '127.0.0.1', port: 48_484 }),
      'key-file': path.exactOptional(),
    }).prefault({}),
    commands: fields({ reboot: command, shutdown: command, hostname: command }).default({}),
    config: values.default({}),
    fleet: fleet(base).exactOptional(),
    apps: z.record(name, app(base), { error: () => 'a mapping of apps' }).default({}),
  });
  return schema.transform(({ apps, ...rest }, context) => {
    if (rest.socket !== undefined && rest.driver !== 'container')
      refuse(context, ['socket'], 'is for "driver: container" only');
    return { ...rest, apps: Object.entries(apps).map(([id, written]) => ({ app: id, written })) };
  });
}
