// Requests of devices: what is refused before a route is asked, and errors as answers.

import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { isUtf8 } from 'node:buffer';
import { randomInt, randomUUID } from 'node:crypto';
import { LockError } from '../../errors.js';
import { leftToUs } from '../../odd-requests.js';
import { bodyOf, httpServer, TYPE } from './http.js';
import { FleetError, KINDS, type Kind } from './kinds.js';
import { Rate } from './rate.js';
import { fleetRoutes, operationOf } from './routes.js';
import type { Context, FleetServerOptions } from './types.js';

/** The server, with its routes. */
export function deviceServer(
  context: Context,
  { tls, onWarning }: Pick<FleetServerOptions, 'tls' | 'onWarning'>,
): FastifyInstance {
  const { limits, metrics } = context;
  const app = fastify({
    logger: false,
    bodyLimit: limits.body,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    serverFactory: (handler) => httpServer(handler, limits, tls),
    clientErrorHandler: leftToUs,
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const kind = error.statusCode === KINDS.uri_too_long ? 'uri_too_long' : 'malformed';
      reply.raw.writeHead(KINDS[kind], { 'content-type': TYPE, connection: 'close' });
      reply.raw.end(bodyOf(kind, 'the URL cannot be read, or a part of it is too long'));
    },
  });
  const rate = new Rate(limits.rate);
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    const wait = limits.rate === 0 ? undefined : rate.take(request.ip);
    if (wait === undefined) done();
    else done(new FleetError('too_many_requests', 'this address asks too often', wait));
  });
  app.addHook('onSend', (request, _reply, _payload, done) => {
    request.raw.socket.setTimeout(limits.answer);
    done();
  });
  // Clients of the protocol send JSON, and seldom say so: curl says that it is a form, Zincati nothing.
  const json = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (request, bytes, done) => {
    // Decoded all the same, ids that differ would become one, and two devices would share a slot.
    if (isUtf8(bytes)) void json(request, bytes.toString(), done);
    else done(new FleetError('malformed', 'the body is not UTF-8'), undefined);
  });
  app.setNotFoundHandler(() => {
    throw new FleetError(
      'not_found',
      'there is no such path; see /v1/pre-reboot, /v1/steady-state',
    );
  });
  app.setErrorHandler((error, request, reply) => {
    const { kind, value, retryAfter } = explained(error, request, onWarning);
    metrics.requests.inc({ operation: operationOf(request), result: kind });
    if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
    return reply.code(KINDS[kind]).type(TYPE).send(bodyOf(kind, value));
  });
  fleetRoutes(app, context);
  return app;
}

const OF_STATUS: Readonly<Record<number, readonly [Kind, string]>> = {
  400: ['malformed', 'the request cannot be read: its body is not JSON, or broke off'],
  413: ['too_large', 'the body is too large'],
  414: ['uri_too_long', 'a part of the URL is too long'],
};

/** Between these, so that those who failed together do not come again together. */
const AFTER_FAILURE = { least: 2, most: 10 };

// Texts of the store name its addresses, which are no device's business: they go into the log.
function explained(
  error: unknown,
  request: FastifyRequest,
  onWarning: (text: string) => void,
): { kind: Kind; value: string; retryAfter?: number | undefined } {
  if (error instanceof FleetError)
    return { kind: error.kind, value: error.message, retryAfter: error.retryAfter };
  if (LockError.is(error) && error.code === 'ERR_FLEET_STORE')
    return {
      kind: 'store_unavailable',
      value: 'the store of the slots fails or is too slow; it may have happened, so ask again',
      retryAfter: randomInt(AFTER_FAILURE.least, AFTER_FAILURE.most + 1),
    };
  const { statusCode = 0, code = '' } = (error ?? {}) as { statusCode?: number; code?: string };
  const known = /^(?:FST_|ECONNRESET$)/.test(code) ? OF_STATUS[statusCode] : undefined;
  if (known !== undefined) return { kind: known[0], value: known[1] };
  const id = randomUUID();
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  onWarning(`${request.method} ${operationOf(request)} failed (id ${id}): ${what}`);
  return { kind: 'internal', value: `the server failed at this; its log says more, id ${id}` };
}
