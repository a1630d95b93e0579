// Requests that are broken before they are whole: whether they can still be answered.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Tells of a connection whether an answer can be written to it by hand: nothing is under way there,
 * or only a request that is not whole yet.
 */
export function answerable(server: Server): (socket: Duplex) => boolean {
  const underWay = new WeakMap<Duplex, Set<ServerResponse>>();
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const all = underWay.get(socket) ?? new Set();
    underWay.set(socket, all.add(response));
    response.once('close', () => all.delete(response));
  });
  return (socket) => {
    const [response, second] = underWay.get(socket) ?? [];
    if (response === undefined) return true;
    return second === undefined && !response.headersSent && !response.req.complete;
  };
}
