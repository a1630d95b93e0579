// The socket side of a fleet server: TLS, time-outs, the number of connections, and an answer to what
// never becomes a request.

import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { answerOddRequests, type Odd } from '../../odd-requests.js';
import type { Kind } from './kinds.js';
import type { Limits } from './limits.js';
import type { Tls } from './types.js';

const CHECKS_PER_LIMIT = 10;

const OF_ODD: Readonly<Record<Odd, Kind>> = {
  malformed: 'malformed',
  timeout: 'timeout',
  'expectation-failed': 'expectation_failed',
  'headers-too-large': 'headers_too_large',
};

/** A server that hands whole, timely requests to `handler`. Throws what OpenSSL says of a bad key. */
export function httpServer(handler: RequestListener, limits: Limits, tls?: Tls): Server {
  const options: ServerOptions = {
    requestTimeout: limits.request,
    headersTimeout: limits.request,
    keepAliveTimeout: limits.keepAlive,
    connectionsCheckingInterval: Math.ceil(limits.request / CHECKS_PER_LIMIT),
    noDelay: true,
  };
  const server =
    tls === undefined
      ? createServer(options, handler)
      : createTlsServer({ ...options, ...secure(tls, limits) }, handler);
  server.maxConnections = limits.connections;
  answerOddRequests(server, (odd, value) => ({
    headers: { 'content-type': TYPE },
    body: bodyOf(OF_ODD[odd], value),
  }));
  return server;
}

function secure({ cert, key, clientCa }: Tls, limits: Limits): Record<string, unknown> {
  return {
    cert,
    key,
    minVersion: 'TLSv1.2',
    handshakeTimeout: limits.request,
    ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  };
}

export const TYPE = 'application/json; charset=utf-8';

/** An error as the protocol has it. */
export function bodyOf(kind: Kind, value: string): string {
  return JSON.stringify({ kind, value });
}
