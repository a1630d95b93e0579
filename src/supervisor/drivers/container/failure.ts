// What went wrong with an engine, in one line: the engine's own words if it said any, else that it
// does not answer, and where it was asked.

import { LockError } from '../../../errors.js';
import { printable } from '../../../printable.js';

const MOST = 500;

/** The engine's words on one line, safe for a terminal. */
export function words(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim(), MOST);
}

interface Raised {
  name?: unknown;
  code?: unknown;
  statusCode?: unknown;
  message?: unknown;
}

/** The HTTP status that the engine answered with, if this failure (or its cause) is such an answer. */
export function statusOf(error: unknown): number | undefined {
  const raised = LockError.is(error) ? error.cause : error;
  const { statusCode } = (raised ?? {}) as Raised;
  return typeof statusCode === 'number' ? statusCode : undefined;
}

function why(error: unknown, socket: string, limit: number): string {
  const { name, code, message } = error as Raised;
  const said = typeof message === 'string' ? message : String(error);
  // docker-modem puts this before what the engine said.
  if (statusOf(error) !== undefined) return words(said.replace(/^\(HTTP code \d+\) .*? - /, ''));
  const where = `the container engine at '${socket}'`;
  if (name === 'TimeoutError')
    return `${where} does not answer within ${String(limit / 1000)} s; look at its service`;
  const reason = typeof code === 'string' ? code : words(said);
  return `${where} cannot be reached (${reason}); is it running, and may this user open its socket?`;
}

/**
 * The LockError (ERR_SERVICE) for what a call to the engine threw; `doing` says what was being done
 * ("cannot start service 'a' of app '1'"), `limit` how long it was given (ms).
 */
export function failure(doing: string, error: unknown, socket: string, limit: number): LockError {
  if (LockError.is(error)) return error;
  return new LockError('ERR_SERVICE', `${doing}: ${why(error, socket, limit)}`, { cause: error });
}
