// What people and monitors ask of a fleet server, at a port of its own, because devices are not to see it.

import { fastify, type FastifyInstance } from 'fastify';
import type { Store } from '../store/types.js';
import { leftToUs } from '../../odd-requests.js';
import { httpServer } from './http.js';
import type { Limits } from './limits.js';
import type { Metrics } from './metrics.js';

const CONNECTIONS = 64;

/** `/metrics` for Prometheus; `/health` says whether the store answers: 200, or 503. */
export function statusServer(store: Store, metrics: Metrics, limits: Limits): FastifyInstance {
  const own = { ...limits, connections: CONNECTIONS };
  const app = fastify({
    logger: false,
    serverFactory: (handler) => httpServer(handler, own),
    clientErrorHandler: leftToUs,
  });
  app.get('/metrics', async (_request, reply) => {
    void reply.type(metrics.contentType);
    return metrics.text();
  });
  app.get('/health', async (_request, reply) => {
    try {
      await store.all();
      return { store: 'up' };
    } catch {
      return reply.code(503).send({ store: 'down' });
    }
  });
  return app;
}
