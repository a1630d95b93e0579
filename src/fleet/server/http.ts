// The socket side of a fleet server: TLS, time-outs, the number of connections, and an answer to what
// never becomes a request.

import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { STATUS_CODES } from 'node:http';
import { answerable } from '../../answerable.js';
import { KINDS, type Kind } from './kinds.js';
import type { Limits } from './limits.js';
import type { Tls } from './types.js';

const CHECKS_PER_LIMIT = 10;
const LINGER = 500;

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
  const canAnswer = answerable(server);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    refuse(canAnswer, error, socket);
  });
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(KINDS.expectation_failed, { 'content-type': TYPE, connection: 'close' });
    response.end(bodyOf('expectation_failed', 'of Expect, only 100-continue is known'));
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.destroy(); // this is no proxy
  });
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

const OF_CODE: Readonly<Record<string, readonly [Kind, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'the headers are too large: 16 KiB at most'],
  ERR_HTTP_REQUEST_TIMEOUT: ['timeout', 'the request took too long to arrive'],
};

// Where an answer is under way the connection is cut: further bytes would be read as part of it.
function refuse(
  canAnswer: (socket: Duplex) => boolean,
  error: NodeJS.ErrnoException,
  socket: Duplex,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable || !canAnswer(socket)) {
    socket.destroy();
    return;
  }
  const [kind, value] = OF_CODE[error.code ?? ''] ?? ['malformed', 'this is not HTTP/1.1'];
  const body = bodyOf(kind, value);
  const status = KINDS[kind];
  const head = [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${TYPE}`,
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.resume(); // to close it with bytes unread would reset it, and lose the answer
  setTimeout(() => socket.destroy(), LINGER).unref();
}
