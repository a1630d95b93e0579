// The fields of `fleet:`, where and how the device asks for its turn among many.

import { z } from 'zod';
import { DEFAULT_GROUP, GROUP_NAME } from '../../fleet/protocol.js';
import { choice, duration, hostPath, text } from './fields.js';
import { fields, refuse } from './problems.js';

/** Times in milliseconds, paths absolute. */
export interface FleetConfig {
  /** The base of the server's URLs. */
  server: string;
  group: string;
  /** Absent: one is made and kept with the state. */
  id?: string;
  caFile?: string;
  certFile?: string;
  keyFile?: string;
  /** What an update does while no server answers. */
  unreachable: 'wait' | 'proceed';
  /** How long an answer is waited for. */
  timeout: number;
  /** Between two requests, on average, where the server does not say. */
  retry: number;
  /** How long all services must have run for the release to count as healthy. */
  healthyAfter: number;
  /** How long a slot is held for locks that were taken while it was asked for. */
  lockPatience: number;
}

const SERVER =
  'a URL such as https://fleet.example:8443, with http or https, and without query and fragment';
const server = text.transform((written, context): string => {
  if (URL.canParse(written)) {
    const { protocol, username, password, search, hash } = new URL(written);
    if (username !== '' || password !== '') {
      // Said without what came: a password does not belong into a log.
      refuse(context, [], 'must hold no user and password; use "cert-file" and "key-file"');
      return z.NEVER;
    }
    const plain = search === '' && hash === '';
    if (plain && /^https?:$/.test(protocol) && written.length <= 2000) return written;
  }
  context.issues.push({ code: 'custom', message: SERVER, input: written });
  return z.NEVER;
});

const GROUP = 'the name of a group: 1 to 128 letters, digits, "-" and "."';
const group = z
  .string({ error: () => GROUP })
  .max(128, { error: () => GROUP })
  .regex(GROUP_NAME, { error: () => GROUP });

// The protocol allows any text; this one is in logs, tables and labels.
const ID = 'an id that no other device has: 1 to 256 visible characters of ASCII, without spaces';
const id = z.string({ error: () => ID }).regex(/^[\x21-\x7e]{1,256}$/, { error: () => ID });

const HOUR = 3_600_000;

function between(least: number, most: number, expected: string): z.ZodType<number> {
  return duration.refine((length) => length >= least && length <= most, { error: () => expected });
}

/** `fleet:`; paths that begin with `./` are meant from `base`. */
export function fleet(base: string): z.ZodType<FleetConfig> {
  const path = hostPath(base).exactOptional();
  const schema = fields({
    server,
    group: group.default(DEFAULT_GROUP),
    id: id.exactOptional(),
    'ca-file': path,
    'cert-file': path,
    'key-file': path,
    unreachable: choice('wait', 'proceed').default('wait'),
    timeout: between(100, HOUR, 'a duration from 100ms to 1h').default(30_000),
    retry: between(100, HOUR, 'a duration from 100ms to 1h').default(30_000),
    'healthy-after': between(0, 24 * HOUR, 'a duration of at most 1d').default(60_000),
    'lock-patience': between(0, HOUR, 'a duration of at most 1h').default(30_000),
  });
  return schema.transform((written, context): FleetConfig => {
    const { 'ca-file': caFile, 'cert-file': certFile, 'key-file': keyFile, ...rest } = written;
    const { 'healthy-after': healthyAfter, 'lock-patience': lockPatience, ...more } = rest;
    const files = { 'ca-file': caFile, 'cert-file': certFile, 'key-file': keyFile };
    for (const [field, file] of Object.entries(files))
      if (file !== undefined && !written.server.startsWith('https:'))
        refuse(context, [field], 'is for a server with "https:" only');
    if (certFile !== undefined && keyFile === undefined)
      refuse(context, ['cert-file'], 'needs its "key-file" as well');
    if (keyFile !== undefined && certFile === undefined)
      refuse(context, ['key-file'], 'needs its "cert-file" as well');
    return {
      ...more,
      healthyAfter,
      lockPatience,
      ...(caFile !== undefined && { caFile }),
      ...(certFile !== undefined && { certFile }),
      ...(keyFile !== undefined && { keyFile }),
    };
  });
}
