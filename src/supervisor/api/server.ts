// The HTTP server itself: its limits, and everything that is refused before a route is asked.

import { fastify, type FastifyReply } from 'fastify';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Supervisor } from '../types.js';
import { admission } from './auth.js';
import { answerable } from '../../answerable.js';
import { readBodies } from './body.js';
import type { Server } from './context.js';
import { errorHandler, type OnWarning } from './errors.js';
import { KINDS, type Kind } from './kinds.js';
import type { Limits } from './limits.js';
import { handleNotFound } from './not-found.js';
import { bareError, clientError } from './raw-errors.js';
import { validator, type ZodTypes } from './validation.js';

const CHECKS_PER_LIMIT = 10;

function refuse(response: ServerResponse, kind: Kind, value: string): void {
  response.writeHead(KINDS[kind], {
    'content-type': 'application/json; charset=utf-8',
    'error-kind': kind,
    connection: 'close',
  });
  response.end(bareError(kind, value));
}

// Node answers these itself otherwise, without a kind.
function refuseOddities(server: HttpServer): void {
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    refuse(response, 'expectation-failed', 'of Expect, only 100-continue is known');
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.destroy(); // this is no proxy
  });
}

/** A server without routes. `onWarning` hears of defects. */
export function createServer(
  supervisor: Supervisor,
  options: { limits: Limits; overTcp: boolean; onWarning: OnWarning },
): Server {
  const { limits, overTcp, onWarning } = options;
  let canAnswer: (socket: Duplex) => boolean = () => false;
  const app = fastify({
    logger: false,
    bodyLimit: limits.body,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.keepAlive,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 255 },
    http: {
      headersTimeout: limits.request,
      requestTimeout: limits.request,
      connectionsCheckingInterval: Math.ceil(limits.request / CHECKS_PER_LIMIT),
      requireHostHeader: false, // ours says what is wrong
    },
    clientErrorHandler: (error, socket) => {
      clientError(canAnswer)(error, socket);
    },
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const kind = error.statusCode === KINDS['uri-too-long'] ? 'uri-too-long' : 'malformed';
      refuse(reply.raw, kind, 'the URL cannot be read, or a part of it is too long');
    },
  }).withTypeProvider<ZodTypes>();
  app.server.maxConnections = limits.connections;
  canAnswer = answerable(app.server);
  refuseOddities(app.server);
  app.decorateRequest('caller');
  app.setValidatorCompiler(validator);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(errorHandler(onWarning));
  app.addHook('onRequest', admission(supervisor, overTcp));
  app.addHook('onSend', (request, reply, _payload, done) => {
    // Only while an answer is sent: an operation may take as long as it takes.
    request.raw.socket.setTimeout(limits.answer);
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    done();
  });
  readBodies(app);
  handleNotFound(app);
  return app;
}
