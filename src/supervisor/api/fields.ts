// The fields that requests have, checked: every value comes from somebody else.

import { z } from 'zod';

const TRUE: ReadonlySet<string> = new Set(['1', 'true', 'on']);

/** A flag as balena's clients send one: true, 1, "1", "true", "on" in any case; all else is false. */
export const flag: z.ZodType<boolean> = z
  .union([z.boolean(), z.number(), z.string().max(16), z.null()])
  .optional()
  .transform((value) => TRUE.has(String(value).toLowerCase()))
  .describe('true for true, 1, "1", "true" and "on" in any case');

/** A flag that must be there, and must be readable as one: an unclear answer is no answer. */
export const requiredFlag: z.ZodType<boolean> = z
  .union([z.boolean(), z.int().min(0).max(1), z.string().regex(/^(?:1|true|on|0|false|off)$/i)])
  .transform((value) => TRUE.has(String(value).toLowerCase()));

function isName(name: string): boolean {
  const plain = /^[^/\\\p{Cc}\p{Cs}]+$/u.test(name) && !/^\.{1,2}$/.test(name);
  return plain && Buffer.byteLength(name) <= 255;
}

/** One name in a path: no separator, not `.` or `..`, no control character, at most 255 bytes. */
export const name: z.ZodType<string> = z
  .string()
  .refine(isName, 'must be one name, of at most 255 bytes');

const id = z.union([z.int().min(0), name]).transform(String);

/** An app's id in a body, or undefined if it is not usable: the answer to that is the handler's. */
export const looseId: z.ZodType<string | undefined> = id.optional().catch(undefined);

/** A number, as digits too. */
export const imageId: z.ZodType<number> = z
  .union([z.int().min(0), z.string().regex(/^\d{1,15}$/)])
  .transform(Number);

const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';

/** A host name (RFC 1123). */
export const hostname: z.ZodType<string> = z
  .string()
  .max(253)
  .regex(new RegExp(`^${LABEL}(?:\\.${LABEL})*$`), 'must be a host name');

/** A body with these fields, others are ignored; no body at all is one without fields. */
export function body<Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodType<z.output<z.ZodObject<Shape>>> {
  return z.preprocess((value) => value ?? {}, z.object(shape));
}

export const appParams: z.ZodType<{ appId: string }> = z.object({ appId: name });
