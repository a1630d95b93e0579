// Every kind of error that the API answers with, in one table, and what leads to each. `kind` is for
// programs and does not change with the wording; the set is closed.

import { LockError, type LockErrorCode } from '../../errors.js';

/** The kinds, and the status that each is answered with. */
export const KINDS = {
  /** Not HTTP, not a URL, or a body that is not JSON or a form. */
  malformed: 400,
  /** A field is missing or not usable. */
  invalid: 400,
  /** No key, a wrong one, or one that does not open this. */
  unauthorized: 401,
  'not-found': 404,
  'method-not-allowed': 405,
  /** The request took too long to send. */
  timeout: 408,
  'too-large': 413,
  'uri-too-long': 414,
  'unsupported-media-type': 415,
  'expectation-failed': 417,
  /** The Host header names somebody else (DNS rebinding). */
  'wrong-host': 421,
  /** Update locks are in the way: `blockers` has them. */
  locked: 423,
  'headers-too-large': 431,
  /** Nothing is configured that does this. */
  'not-configured': 501,
  /** It was tried and failed; `value` says why. */
  unavailable: 503,
  'too-many-streams': 503,
  /** A defect of ours: `id` is in the supervisor's log as well. */
  internal: 503,
} as const;

export type Kind = keyof typeof KINDS;

/** An error of the API's own. `value` is one line for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: Kind;
  /** The body is this text and nothing else, because balena's clients know it so. */
  readonly plain: boolean;

  constructor(kind: Kind, value: string, options: { plain?: boolean } = {}) {
    super(value);
    this.kind = kind;
    this.plain = options.plain === true;
  }
}

const OF_CODE: { readonly [code in LockErrorCode]?: Kind } = {
  ERR_UPDATES_LOCKED: 'locked',
  ERR_LOCK_HELD: 'locked',
  ERR_LOCK_TIMEOUT: 'locked',
  ERR_NOT_FOUND: 'not-found',
  ERR_TARGET: 'invalid',
  ERR_INVALID_ARGUMENT: 'invalid',
  ERR_NOT_CONFIGURED: 'not-configured',
  ERR_UNAUTHORIZED: 'unauthorized',
};

// Fastify's own errors, and a body that broke off, are told by their status: their texts may quote
// the request.
const OF_STATUS: Readonly<Record<number, readonly [Kind, string]>> = {
  400: ['malformed', 'the request cannot be read: its body or its URL is not well formed'],
  413: ['too-large', 'the body is too large: 64 KiB at most'],
  414: ['uri-too-long', 'a part of the URL is too long'],
  415: ['unsupported-media-type', 'the body must be JSON or a form; say so in Content-Type'],
};

/** What went wrong, as the API tells it. Anything unforeseen is `internal`, without its text. */
export function explained(error: unknown): { kind: Kind; value: string } {
  if (error instanceof ApiError) return { kind: error.kind, value: error.message };
  if (LockError.is(error))
    return {
      kind: OF_CODE[error.code] ?? 'unavailable',
      value: error.message.replaceAll('\n', '; '), // a target state tells all that is wrong with it
    };
  const { statusCode = 0, code = '' } = (error ?? {}) as { statusCode?: number; code?: string };
  const known = /^(?:FST_|ECONNRESET$)/.test(code) ? OF_STATUS[statusCode] : undefined;
  const [kind, value] = known ?? [
    'internal' as const,
    'the supervisor failed at this; its log says more under the same id',
  ];
  return { kind, value };
}
