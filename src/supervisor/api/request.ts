// What handlers ask of a request, and the one answer that many of them give.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Asked } from '../types.js';
import { opens } from './keys.js';
import { ApiError } from './kinds.js';

/** On whose behalf, for the journal: the address, and whose key. */
export function asked(request: FastifyRequest, force: boolean): Asked {
  const { caller, socket } = request;
  const from = socket.remoteAddress ?? 'unix socket';
  const whose = caller.app === undefined ? 'device key' : `key of app ${caller.app}`;
  return { who: `api ${from} (${whose})`, ...(force && { force }) };
}

/** Throws unless the caller's key opens that app. */
export function mustOpen(request: FastifyRequest, app: string): void {
  if (!opens(request.caller, app)) throw unauthorized();
}

/** balena's answer, whether the app exists or not. */
export function unauthorized(): ApiError {
  return new ApiError('unauthorized', 'Unauthorized');
}

/** The answer `OK`, as text. */
export function ok(reply: FastifyReply): FastifyReply {
  return reply.type('text/plain; charset=utf-8').send('OK');
}
