// What every route has at hand.

import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TargetState } from '../target/types.js';
import type { Supervisor } from '../types.js';
import type { Caller } from './keys.js';
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
    /** Whose key came with it. Not there on a route that is open. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** Answers without a key. */
    open?: true;
    /** Answers only the device key. */
    deviceOnly?: true;
    /** That it is locked, or failed, is said in bare text, as balena's clients expect here. */
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
