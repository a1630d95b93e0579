// zod checks what Fastify receives; the same schemas, as JSON Schema, make the OpenAPI document.

import type { FastifySchema, FastifyTypeProvider } from 'fastify';
import { z } from 'zod';
import { ApiError } from './kinds.js';

/** Gives handlers the types that the route's schemas say. */
export interface ZodTypes extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  serializer: unknown;
}

function oneLine({ issues }: z.ZodError): string {
  const [first] = issues;
  const where = first?.path.map(String).join('.') ?? '';
  return `${where === '' ? 'the request' : `\`${where.slice(0, 64)}\``}: ${first?.message ?? 'not usable'}`;
}

type Checked = { value: unknown } | { error: Error };

/** Fastify's validatorCompiler. */
export function validator({ schema }: { schema: unknown }): (data: unknown) => Checked {
  return (data) => {
    const result = (schema as z.ZodType).safeParse(data);
    return result.success
      ? { value: result.data }
      : { error: new ApiError('invalid', oneLine(result.error)) };
  };
}

function jsonSchema(schema: unknown): unknown {
  if (!(schema instanceof z.ZodType)) return schema;
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}

/** The same route schema without zod in it, for @fastify/swagger. */
export function described<Schema extends FastifySchema>(schema: Schema): Schema {
  const parts = Object.entries(schema).map(([part, value]) => [part, jsonSchema(value)]);
  return Object.fromEntries(parts) as Schema;
}
