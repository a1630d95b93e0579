// What every route has at hand.

import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawServerDefault,
} from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TargetState } from '../target/types.js';
import type { Asked, Supervisor } from '../types.js';
import { opens, type Caller } from './keys.js';
import { ApiError } from './kinds.js';
import type { Metrics } from './metrics.js';
import type { Streams } from './streams.js';
import type { ZodTypes } from './validation.js';

export type Server = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypes
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key came with it; the device's, formally, where a route asks for none. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** Answers without a key. */
    open?: true;
    /** Answers only the device key. */
    deviceOnly?: true;
    /** Its errors are bare text, as balena's clients expect here. */
    plain?: true;
    /** The status of failures that are otherwise 503. */
    failure?: 500;
  }
}

export interface TargetFormat {
  /** Reads what was posted as a target state; LockError (ERR_TARGET) if it is none. */
  readonly parseTarget: (body: unknown) => TargetState;
  /** The same shape again. */
  readonly formatTarget: (target: TargetState) => unknown;
}

export interface Context extends TargetFormat {
  supervisor: Supervisor;
  streams: Streams;
  metrics: Metrics;
  /** Of the package. */
  version: string;
}

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
