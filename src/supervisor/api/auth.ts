// Who is asking, before anything of the request is believed. The key is taken out of the URL, so that
// nothing after this can log it.

import type { FastifyRequest } from 'fastify';
import type { Supervisor } from '../types.js';
import { checkHost } from './host.js';
import { callerOf, opens, presentedKey } from './keys.js';
import { unauthorized } from './request.js';

// The query has been read already; the path is all that is needed of the URL from here on.
function forgetKey({ raw, query }: FastifyRequest): void {
  raw.url = raw.url?.replace(/\?.*/s, '') ?? '/';
  delete (query as { apikey?: unknown }).apikey;
  delete raw.headers.authorization;
}

/** The onRequest hook: throws unless the Host is ours and the key opens the route. */
export function admission(
  supervisor: Supervisor,
  overTcp: boolean,
): (request: FastifyRequest) => Promise<void> {
  // eslint-disable-next-line @typescript-eslint/require-await -- Fastify tells a hook without a callback by its promise
  return async (request) => {
    const { open, deviceOnly } = request.routeOptions.config;
    const key = presentedKey(request.query, request.headers.authorization);
    forgetKey(request);
    if (overTcp) checkHost(request.raw.rawHeaders);
    if (open) return;
    const caller = key === undefined ? undefined : callerOf(supervisor, key);
    if (caller === undefined || (deviceOnly && !opens(caller, undefined))) throw unauthorized();
    request.caller = caller;
  };
}
