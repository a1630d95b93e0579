// What routes answer, for the OpenAPI document: descriptions, not checks.

import { KINDS, type Kind } from './kinds.js';

type JsonSchema = Readonly<Record<string, unknown>>;

/** The schema that every error answer refers to. */
export const ERROR_SCHEMA: JsonSchema = {
  $id: 'Error',
  type: 'object',
  description: 'What went wrong. Beside these, the fields that clients of balena know.',
  required: ['kind', 'value'],
  properties: {
    kind: { type: 'string', enum: Object.keys(KINDS), description: 'for programs; a closed set' },
    value: { type: 'string', description: 'one line for people' },
    status: { type: 'string', const: 'failed' },
    message: { type: 'string', description: 'as value' },
    Data: { type: 'string', description: 'below /v1: empty' },
    Error: { type: 'string', description: 'below /v1: as value' },
    id: { type: 'string', description: 'with kind internal: the same id is in the log' },
    blockers: {
      type: 'array',
      description: 'with kind locked: who is in the way',
      items: {
        type: 'object',
        required: ['path', 'verdict'],
        properties: {
          path: { type: 'string' },
          app: { type: 'string' },
          service: { type: 'string' },
          verdict: { type: 'string', enum: ['free', 'held', 'stale', 'residue'] },
          by: { type: 'string', enum: ['kernel', 'existence', 'undecidable'] },
          protocol: { type: 'string' },
          holder: { type: 'string' },
          reason: { type: 'string' },
          since: { type: 'string', format: 'date-time' },
          exited: {
            type: 'object',
            properties: { at: { type: 'string' }, code: { type: 'integer' } },
          },
          supervisor: { type: 'boolean' },
        },
      },
    },
  },
};

/** A text answer, such as `OK`. */
export function text(description: string): JsonSchema {
  return { description, content: { 'text/plain': { schema: { type: 'string' } } } };
}

/** An object with at least these fields, given as JSON Schema. */
export function object(description: string, properties: JsonSchema = {}): JsonSchema {
  return { description, type: 'object', additionalProperties: true, properties };
}

/** The answer of `/v2` routes that only say that all went well. */
export const SUCCESS: JsonSchema = object('Done', {
  status: { type: 'string', const: 'success' },
});

/** An error answer. */
export function failed(description: string): JsonSchema {
  return { description, $ref: 'Error#' };
}

function failure(status: number): JsonSchema {
  const kinds = Object.entries(KINDS).filter(([, of]) => of === status);
  return failed(kinds.map(([kind]) => kind).join(', '));
}

/** What any route that reads a body may answer. */
export const BODY_KINDS: readonly Kind[] = ['malformed', 'too-large', 'unsupported-media-type'];

/** `responses` of a route: what success looks like, and the kinds of error beside those of all. */
export function answers(
  success: Readonly<Record<number, unknown>>,
  ...kinds: Kind[]
): Record<number, unknown> {
  const statuses = new Set(
    ['unauthorized' as const, 'internal' as const, ...kinds].map((kind) => KINDS[kind]),
  );
  const failures = [...statuses].map((status) => [status, failure(status)] as const);
  return { ...Object.fromEntries(failures), ...success };
}
