// The two requests of the protocol.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import { printable } from '../../printable.js';
import {
  PRE_REBOOT,
  PROTOCOL_HEADER,
  STEADY_STATE,
  request as schema,
  type FleetRequest,
} from '../protocol.js';
import type { Full } from './group-types.js';
import type { Group } from './group.js';
import { FleetError } from './kinds.js';
import type { Context } from './types.js';

const OPERATIONS = { [PRE_REBOOT]: 'pre-reboot', [STEADY_STATE]: 'steady-state' } as const;

export function fleetRoutes(app: FastifyInstance, context: Context): void {
  const gone = new Gone();
  app.post(PRE_REBOOT, async (request, reply) => {
    const { id, group } = asked(request, context);
    const wait = Math.min(preferredWait(request), context.limits.wait);
    if (wait > 0) void reply.header('preference-applied', `wait=${String(wait / 1000)}`);
    const answer = await group.take(id, { wait, signal: gone.of(request) });
    if ('full' in answer) throw full(answer.full, group.options.name);
    const { slot, grant, since } = answer.held;
    return counted(context, request, { group: group.options.name, slot, grant, since });
  });
  app.post(STEADY_STATE, async (request) => {
    const { id, group } = asked(request, context);
    const holder = await group.giveBack(id, { signal: gone.of(request) });
    return counted(context, request, {
      group: group.options.name,
      given_back: holder !== undefined,
      ...(holder !== undefined && { slot: holder.slot, grant: holder.grant }),
    });
  });
  for (const url of [PRE_REBOOT, STEADY_STATE])
    app.route({
      method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      url,
      handler: (_request, reply) => {
        void reply.header('allow', 'POST');
        throw new FleetError('method_not_allowed', 'this is asked with POST');
      },
    });
}

/** What a route stands for in metrics; `other` for none. */
export function operationOf(request: FastifyRequest): string {
  const url = request.routeOptions.url ?? '';
  return Object.hasOwn(OPERATIONS, url) ? OPERATIONS[url as keyof typeof OPERATIONS] : 'other';
}

function counted<T>(context: Context, request: FastifyRequest, answer: T): T {
  context.metrics.requests.inc({ operation: operationOf(request), result: 'ok' });
  return answer;
}

function asked(
  { headers, body, raw }: FastifyRequest,
  { groups, matchId }: Context,
): { id: string; group: Group } {
  if (String(headers[PROTOCOL_HEADER]).toLowerCase() !== 'true')
    throw new FleetError('no_protocol_header', `the header ${PROTOCOL_HEADER}: true is missing`);
  const { data, error } = schema.safeParse(body);
  if (data === undefined) throw new FleetError('invalid', mistake(error.issues[0]?.path ?? []));
  const { id, group: name }: FleetRequest['client_params'] = data.client_params;
  const group = groups.get(name);
  if (group === undefined)
    throw new FleetError('unknown_group', `this server serves no group "${name}"`);
  if (matchId && commonName(raw.socket) !== id)
    throw new FleetError('wrong_certificate', 'the certificate is not the one of this id');
  return { id, group };
}

function commonName(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  // None of a connection that has been closed meanwhile, whatever the types say.
  const certificate = socket.getPeerCertificate() as Partial<PeerCertificate> | null;
  const name: unknown = certificate?.subject?.CN;
  return typeof name === 'string' ? name : undefined;
}

function mistake(path: readonly PropertyKey[]): string {
  const expected: Readonly<Record<string, string>> = {
    id: 'a text of 1 to 256 characters, 1 KiB of JSON at most',
    group: 'letters, digits, dots and dashes, 128 at most',
  };
  const field = String(path[1] ?? '');
  const what = Object.hasOwn(expected, field) ? expected[field] : undefined;
  if (what !== undefined) return `client_params.${field} must be ${what}`;
  return 'the body must be {"client_params": {"id": …, "group": …}}';
}

// RFC 7240: how many seconds the client is content to wait for an answer.
function preferredWait({ headers }: FastifyRequest): number {
  const [, seconds = '0'] =
    /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?/i.exec(String(headers['prefer'] ?? '')) ?? [];
  return Number(seconds) * 1000;
}

// Who has gone: one signal for each connection, because of requests that are sent without waiting for an
// answer (pipelining) only the first has a response that is told of its end.
class Gone {
  readonly #signals = new WeakMap<Socket, AbortSignal>();

  of({ raw: { socket } }: FastifyRequest): AbortSignal {
    const known = this.#signals.get(socket);
    if (known !== undefined) return known;
    const gone = new AbortController();
    if (socket.destroyed) gone.abort();
    else
      socket.once('close', () => {
        gone.abort();
      });
    this.#signals.set(socket, gone.signal);
    return gone.signal;
  }
}

const NAMED = 3;

function full({ slots, holders, retryAfter }: Full, group: string): FleetError {
  const named = [...holders]
    .sort((a, b) => (a.since < b.since ? -1 : 1))
    .slice(0, NAMED)
    .map(({ id, since }) => `${printable(id, 64)} since ${since}`);
  const more = holders.length - named.length;
  if (more > 0) named.push(`${String(more)} more`);
  const taken = `${String(holders.length)} of ${String(slots)} slots of group "${group}" are taken`;
  return new FleetError(
    'failed_lock_semaphore_full',
    `${taken}, by ${named.join(', ')}`,
    retryAfter,
  );
}
