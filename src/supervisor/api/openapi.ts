// The OpenAPI document, made from the very schemas that the routes are checked with.

import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { answers, BODY_KINDS, ERROR_SCHEMA, object } from './answers.js';
import { described } from './validation.js';

const BODY_TYPES = ['application/json', 'application/x-www-form-urlencoded'];

// What is so for every route that reads a body is said here, once.
function complete(schema: FastifySchema): FastifySchema {
  if (schema.body === undefined) return schema;
  const response = { ...answers({}, ...BODY_KINDS), ...(schema.response as object) };
  return { consumes: BODY_TYPES, ...schema, response };
}

interface Document {
  paths?: Record<
    string,
    Record<
      string,
      | { requestBody?: { required?: boolean; content?: Record<string, { schema?: object }> } }
      | undefined
    >
  >;
}

// The plugin calls every body required; ours may be left out where none of its fields must be there.
function optionalBodies(document: Document): void {
  const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path));
  for (const body of operations.flatMap((operation) => operation?.requestBody ?? [])) {
    const schemas = Object.values(body.content ?? {}).map(({ schema = {} }) => schema);
    body.required = schemas.some((schema) => 'required' in schema);
  }
}

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
    transform: ({ schema, url }) => ({ schema: described(complete(schema)), url }),
  });
  app.get(
    '/openapi.json',
    { schema: { summary: 'This document', response: answers({ 200: object('OpenAPI 3.1') }) } },
    () => {
      const document = app.swagger();
      optionalBodies(document as Document);
      return document;
    },
  );
}
