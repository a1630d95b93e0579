// The HTTP server itself: its limits, and everything that is refused before a route is asked.

import { fastify, type FastifyReply } from 'fastify';
import type { Supervisor } from '../types.js';
import { admission } from './auth.js';
import { answerOddRequests, leftToUs } from '../../odd-requests.js';
import { readBodies } from './body.js';
import type { Server } from './context.js';
import { errorHandler, type OnWarning } from './errors.js';
import { KINDS, type Kind } from './kinds.js';
import type { Limits } from './limits.js';
import { handleNotFound } from './not-found.js';
import { validator, type ZodTypes } from './validation.js';

const CHECKS_PER_LIMIT = 10;

// An error that has no route.
function bareError(kind: Kind, value: string): { headers: Record<string, string>; body: string } {
  return {
    headers: { 'content-type': 'application/json; charset=utf-8', 'error-kind': kind },
    body: JSON.stringify({ kind, value, status: 'failed', message: value }),
  };
}

/** A server without routes. `onWarning` hears of defects. */
export function createServer(
  supervisor: Supervisor,
  options: { limits: Limits; overTcp: boolean; onWarning: OnWarning },
): Server {
  const { limits, overTcp, onWarning } = options;
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
    clientErrorHandler: leftToUs,
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const kind = error.statusCode === KINDS['uri-too-long'] ? 'uri-too-long' : 'malformed';
      const text = 'the URL cannot be read, or a part of it is too long';
      const { headers, body } = bareError(kind, text);
      reply.raw.writeHead(KINDS[kind], { ...headers, connection: 'close' }).end(body);
    },
  }).withTypeProvider<ZodTypes>();
  app.server.maxConnections = limits.connections;
  answerOddRequests(app.server, bareError);
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
