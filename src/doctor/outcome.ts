// The ways to say what was measured.

import { errnoName } from '../errors.js';
import type { Trap } from '../inspect/types.js';
import type { Outcome } from './types.js';

export function ok(detail: string): Outcome {
  return { status: 'ok', detail };
}

export function weak(detail: string, cost: string, remedy?: string): Outcome {
  return { status: 'weak', detail, cost, ...(remedy !== undefined && { remedy }) };
}

export function missing(detail: string, cost: string, remedy?: string): Outcome {
  return { status: 'missing', detail, cost, ...(remedy !== undefined && { remedy }) };
}

export function weakBy({ text, cost, remedy }: Trap): Outcome {
  return weak(text, cost, remedy);
}

/** `EACCES` for the -errno of a native call, `EACCES` for an error of Node's. */
export function nameOf(failure: unknown): string {
  if (typeof failure === 'number') return errnoName(-failure);
  if (failure instanceof Error) return (failure as NodeJS.ErrnoException).code ?? failure.message;
  return String(failure);
}
