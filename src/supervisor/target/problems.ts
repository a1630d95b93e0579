// What is wrong with a configuration, one line each: the field, what was expected, what came.
//
// Every schema here gives what it expects as its message ("a list of words or a string"); the rest of
// the sentence is made in this file.

import { z } from 'zod';
import { printable } from '../../printable.js';
import { nearest } from './nearest.js';

/** One thing that is wrong, and where. */
export interface Problem {
  path: readonly PropertyKey[];
  text: string;
}

const MOST_GUESSED = 50; // of ten thousand unknown fields nobody wants to know all

/** A mapping with these fields only; an unknown one is an error that names the one that is meant. */
export function fields<S extends z.ZodRawShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape);
  const unknown = (key: string, index: number): string => {
    const meant = index < MOST_GUESSED ? nearest(key, known) : undefined;
    return meant === undefined ? `unknown field; known: ${known.join(', ')}` : didYouMean(meant);
  };
  return z.strictObject(shape, {
    // One line for each key: problemsOf takes them apart again.
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys.map(unknown).join('\n') : 'a mapping',
  });
}

const didYouMean = (meant: string): string => `unknown field; did you mean "${meant}"?`;

/** Says the whole sentence by itself, where "expected …, got …" would not do. */
export function refuse(
  context: z.core.$RefinementCtx,
  path: readonly PropertyKey[],
  text: string,
): void {
  context.issues.push({
    code: 'custom',
    path: [...path],
    message: text,
    params: { whole: true },
    input: undefined,
  });
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function got(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(printable(value, 60));
  if (typeof value === 'number') return `a number (${String(value)})`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : JSON.stringify(value);
}

/** The problems that a schema found in `input`. */
export function problemsOf(error: z.ZodError, input: unknown): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const { path, message } = issue;
    if (issue.code === 'unrecognized_keys') {
      const lines = message.split('\n');
      return issue.keys.map((key, index) => ({ path: [...path, key], text: lines[index] ?? '' }));
    }
    if (issue.code === 'custom' && issue.params?.['whole'] === true)
      return [{ path, text: message }];
    if (issue.code === 'invalid_key') {
      const key = got(String(path.at(-1)));
      return [{ path, text: `expected ${issue.issues[0]?.message ?? 'a name'}, got ${key}` }];
    }
    return [{ path, text: `expected ${message}, got ${got(at(input, path))}` }];
  });
}

/** `apps.1.services.pump.command`; names that are no plain words are quoted. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map(String)
    .map((part) => (/^[\w-]+$/.test(part) ? part : JSON.stringify(printable(part, 60))))
    .join('.');
}
