// The OpenAPI document, made from the very schemas that the routes are checked with.

import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { answers, ERROR_SCHEMA, object } from './answers.js';
import { described } from './validation.js';

/** Collects the routes that are added after it, and serves their description. */
export async function serveOpenApi(app: FastifyInstance, version: string): Promise<void> {
  app.addSchema(ERROR_SCHEMA);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'lockbridge supervisor',
        description: 'Releases that update only when every service lets them.',
        version,
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          apikey: { type: 'apiKey', in: 'query', name: 'apikey' },
        },
      },
      security: [{ bearer: [] }, { apikey: [] }],
    },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) =>
        typeof $id === 'string' ? $id : `def-${String(index)}`,
    },
    transform: ({ schema, url }) => ({ schema: described(schema), url }),
  });
  app.get(
    '/openapi.json',
    { schema: { summary: 'This document', response: answers({ 200: object('OpenAPI 3.1') }) } },
    () => app.swagger(),
  );
}
