// What is answered where no route is: 405 with the methods that there are, or 404.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './kinds.js';

/** Sets the handler. Call it before the routes are added: it remembers them. */
export function handleNotFound(app: FastifyInstance): void {
  const routes: { method: string; path: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const path = new RegExp(`^${url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`);
    for (const one of [method].flat()) routes.push({ method: one, path });
  });
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const methods = routes
      .filter(({ path }) => path.test(request.raw.url ?? ''))
      .map(({ method }) => method);
    if (methods.length === 0) throw new ApiError('not-found', 'there is nothing at this path');
    void reply.header('allow', methods.join(', '));
    throw new ApiError('method-not-allowed', `this path knows only ${methods.join(' and ')}`);
  });
}
