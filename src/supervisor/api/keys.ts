// Whose key a request carries. Keys are compared by their SHA-256 digests in constant time, with
// every app's, whether one has matched already or not.
//
// Does not protect: a key that somebody else can read (an app's environment, `?apikey=` in the
// history of a shell).

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Supervisor } from '../types.js';

/** The device key opens everything, an app's key that app. */
export type Caller = { app?: undefined } | { app: string };

const SCHEME = /^(?:Bearer|ApiKey) +([\x21-\x7e]+)$/i;

/** The key in a request: `?apikey=` first, as balena does, then `Authorization: Bearer` or `ApiKey`. */
export function presentedKey(
  query: unknown,
  authorization: string | undefined,
): string | undefined {
  const { apikey } = query as { apikey?: unknown };
  if (typeof apikey === 'string' && apikey !== '') return apikey;
  return SCHEME.exec(authorization ?? '')?.[1];
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Who presents this key; undefined if it is nobody's. */
export function callerOf(supervisor: Supervisor, key: string): Caller | undefined {
  const presented = digest(key);
  const device = timingSafeEqual(presented, digest(supervisor.keys.device));
  let app: string | undefined;
  for (const { id } of supervisor.status().apps) {
    const known = supervisor.keys.ofApp(id);
    const same = timingSafeEqual(presented, digest(known ?? ''));
    if (same && known !== undefined && known !== '') app = id;
  }
  if (device && supervisor.keys.device !== '') return {};
  return app === undefined ? undefined : { app };
}

/** Whether the caller may see or touch what belongs to that app; undefined is the whole device. */
export function opens(caller: Caller, app: string | undefined): boolean {
  return caller.app === undefined || caller.app === app;
}
