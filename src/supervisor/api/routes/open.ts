// What answers without a key: that it lives, and how it is.

import { answers, text } from '../answers.js';
import type { Context, Server } from '../context.js';
import { ok } from '../request.js';

export function openRoutes(app: Server, { supervisor }: Context): void {
  app.get(
    '/ping',
    {
      config: { open: true },
      exposeHeadRoute: true, // health checks ask so
      schema: {
        summary: 'Whether the supervisor answers',
        security: [],
        response: { 200: text('OK') },
      },
    },
    (_request, reply) => ok(reply),
  );
  app.get(
    '/v1/healthy',
    {
      config: { open: true },
      exposeHeadRoute: true, // health checks ask so
      schema: {
        summary: 'Whether the supervisor is well',
        security: [],
        response: { ...answers({ 200: text('OK'), 500: text('Unhealthy') }) },
      },
    },
    (_request, reply) =>
      supervisor.healthy()
        ? ok(reply)
        : reply.code(500).type('text/plain; charset=utf-8').send('Unhealthy'),
  );
}
