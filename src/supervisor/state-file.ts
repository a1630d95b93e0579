// What the daemon keeps over restarts, and its shape in the file.

import { z } from 'zod';
import type { FleetPlace } from '../fleet/client.js';
import type {
  AppTarget,
  MaintenanceWindow,
  Mount,
  ServiceTarget,
  TargetState,
  UpdatePolicy,
} from './target/types.js';
import { isName } from './target/names.js';

/** An update that was on its way. */
export interface Applying {
  from?: string;
  to: string;
  force?: boolean;
}

/**
 * A slot that is held, or may be: on record before it is asked for, and until it is known to be given
 * back, so that neither a crash nor a lost answer keeps one for good.
 */
export interface SlotRecord extends FleetPlace {
  /** RFC 3339: when it was first asked for. */
  since: string;
  /** RFC 3339: when it was granted; absent while nobody knows whether it was. */
  granted?: string;
  /** What is being changed under it, or has not been healthy since. */
  apps: string[];
}

/** What is known of the fleet. */
export interface FleetRecord {
  /** The device's, made when it first needed one. */
  id?: string;
  slot?: SlotRecord;
  /** Slots at servers or of groups that the configuration no longer names: to be given back. */
  owed?: FleetPlace[];
}

/** Keyed by app id where it is about apps. */
export interface State {
  /** The target last taken over, from the file or the API. */
  target?: TargetState;
  /** Digest of the configuration file whose target was last taken over. */
  configDigest?: string;
  /** What runs: the release last applied. */
  current: Record<string, AppTarget>;
  /** Services that were stopped over the API and stay stopped. */
  stopped: Record<string, string[]>;
  /** As the API set it; absent where it never did. */
  override?: boolean;
  /** The apps' API keys. */
  keys: Record<string, string>;
  applying: Record<string, Applying>;
  fleet?: FleetRecord;
}

/** Of a device that has run nothing yet. */
export function emptyState(): State {
  return { current: {}, stopped: {}, keys: {}, applying: {} };
}

const text = z.string();
const name = z.string().refine(isName, { error: 'not a usable name' });
const length = z.number().min(0);
const map = z.record(text, text);

const window: z.ZodType<MaintenanceWindow> = z.strictObject({
  cron: text,
  length,
  timezone: text.exactOptional(),
});

const update: z.ZodType<UpdatePolicy> = z.strictObject({
  maxWait: length.exactOptional(),
  then: z.literal(['give-up', 'force']),
  windows: z.array(window),
  exitedServices: z.literal(['held', 'stale']),
  dataDir: text.exactOptional(),
});

const mount: z.ZodType<Mount> = z.strictObject({
  source: text,
  target: text,
  readOnly: z.boolean(),
});

const service: z.ZodType<ServiceTarget> = z.strictObject({
  name,
  serviceId: z.int(),
  imageId: z.int(),
  image: text.exactOptional(),
  command: z.array(text).exactOptional(),
  environment: map,
  labels: map,
  volumes: z.array(mount),
  workingDir: text.exactOptional(),
  running: z.boolean(),
  restart: z.literal(['always', 'on-failure', 'no']),
  stopGrace: length,
});

const app: z.ZodType<AppTarget> = z.strictObject({
  id: name,
  name: text,
  release: text,
  services: z.array(service),
  update,
});

const place = {
  server: text,
  group: text,
  id: text,
  caFile: text.exactOptional(),
  certFile: text.exactOptional(),
  keyFile: text.exactOptional(),
};

const fleet: z.ZodType<FleetRecord> = z.strictObject({
  id: text.exactOptional(),
  slot: z
    .strictObject({
      ...place,
      since: text,
      granted: text.exactOptional(),
      apps: z.array(name),
    })
    .exactOptional(),
  owed: z.array(z.strictObject(place)).exactOptional(),
});

/** Checks what the file says. Strict: a field of a later version is not to be lost in silence. */
export const stateFile: z.ZodType<State & { lockbridgeState: 1 }> = z.strictObject({
  lockbridgeState: z.literal(1),
  target: z.strictObject({ name: text, config: map, apps: z.array(app) }).exactOptional(),
  configDigest: text.exactOptional(),
  current: z.record(name, app),
  stopped: z.record(name, z.array(name)),
  override: z.boolean().exactOptional(),
  keys: z.record(name, text),
  applying: z.record(
    name,
    z.strictObject({ from: text.exactOptional(), to: text, force: z.boolean().exactOptional() }),
  ),
  fleet: fleet.exactOptional(),
});
