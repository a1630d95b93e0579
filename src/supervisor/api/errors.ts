// Errors as answers: `kind` and `value` always, and beside them the fields that balena's clients read
// (`status` and `message`; `Data` and `Error` on v1). Never a stack, never a key.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { LockError } from '../../errors.js';
import type { Blocker } from '../locks/types.js';
import { blockerAnswer } from './blockers.js';
import { opens } from './keys.js';
import { ApiError, explained, KINDS } from './kinds.js';

/** Told about defects of ours: the route, the id that was answered, and the stack. */
export type OnWarning = (text: string) => void;

function blockersFor(request: FastifyRequest, error: LockError): unknown[] {
  return error.blockers
    .filter(({ service }) => opens(request.caller, service?.app))
    .map((blocker: Blocker) => blockerAnswer(blocker));
}

/** Fastify's error handler. */
export function errorHandler(
  onWarning: OnWarning,
): (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (error, request, reply) => {
    const { config, url = 'an unknown path' } = request.routeOptions;
    const { kind, value } = explained(error);
    const status = KINDS[kind] === 503 ? (config.failure ?? 503) : KINDS[kind];
    const id = kind === 'internal' ? randomUUID() : undefined;
    if (id !== undefined) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      onWarning(`api: ${request.method} ${url} failed (id ${id}): ${what}`);
    }
    reply.code(status).header('error-kind', kind);
    const isText = config.plain === true && (status === 423 || status === 503);
    if (isText || (error instanceof ApiError && error.plain))
      return reply.type('text/plain; charset=utf-8').send(value);
    return reply.type('application/json; charset=utf-8').send({
      kind,
      value,
      status: 'failed',
      message: value,
      ...(url.startsWith('/v1/') && { Data: '', Error: value }),
      ...(kind === 'locked' && LockError.is(error) && { blockers: blockersFor(request, error) }),
      ...(id !== undefined && { id }),
    });
  };
}
