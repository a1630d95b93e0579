// The kinds of value that a target state consists of, and how each may be written. The message of each
// schema is what it expects; problems.ts makes the sentence.

import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { DURATION_EXPECTED, parseDuration } from './duration.js';
import { isName, NAME_EXPECTED } from './names.js';
import type { Mount } from './types.js';
import { splitWords } from './words.js';

// No argument, variable or path can hold a NUL: the kernel would end it there.
/** Text without NUL. */
export const text: z.ZodType<string> = z
  .string({ error: () => 'text' })
  .refine((value) => !value.includes('\0'), { error: () => 'text without NUL' });

/** True or false. */
export const flag: z.ZodType<boolean> = z.boolean({ error: () => 'true or false' });

/** One of a few words. */
export function choice<const T extends string>(...words: T[]): z.ZodType<T> {
  const list = words.map((word) => `"${word}"`).join(', ');
  return z.literal(words, { error: () => `one of ${list}` });
}

/** An app id or a service name. */
export const name: z.ZodType<string, string> = z
  .string({ error: () => NAME_EXPECTED })
  .refine(isName, { error: () => NAME_EXPECTED });

const RELEASE = 'the name of a release: 1 to 200 characters without spaces';

/** What a release is called. A number that YAML made of it (a commit of digits) is text again. */
export const releaseName: z.ZodType<string> = z
  .union([z.string(), z.number()], { error: () => RELEASE })
  .transform(String)
  .refine((value) => /^[\x21-\x7e]{1,200}$/.test(value), { error: () => RELEASE });

/** A number that balena's clients know something by. */
export const id: z.ZodType<number> = z
  .int({ error: () => 'a whole number from 1' })
  .min(1, { error: () => 'a whole number from 1' });

// What a schema turns into something else, or refuses by saying what it expects.
function reads<In, Out>(
  schema: z.ZodType<In>,
  expected: string,
  read: (value: In) => Out | undefined,
): z.ZodType<Out> {
  return schema.transform((value, context): Out => {
    const out = read(value);
    if (out !== undefined) return out;
    context.issues.push({ code: 'custom', message: expected, input: value });
    return z.NEVER;
  });
}

const written = (expected: string): z.ZodType<string | number> =>
  z.union([z.string(), z.number()], { error: () => expected });

/** Milliseconds. */
export const duration: z.ZodType<number> = reads(
  written(DURATION_EXPECTED),
  DURATION_EXPECTED,
  parseDuration,
);

// A union that says what is wrong inside: which form was meant shows in what came.
function either<T>(list: z.ZodType<T>, other: z.ZodType<T>): z.ZodType<T> {
  return z.unknown().transform((input, context): T => {
    const { data, error } = (Array.isArray(input) ? list : other).safeParse(input);
    if (error === undefined) return data;
    for (const issue of error.issues)
      context.issues.push({ ...issue, input } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

// A number or true/false counts as the text that it is written with.
const scalar: z.ZodType<string> = reads(
  z.union([z.string(), z.number(), z.boolean()], { error: () => 'text' }),
  'text without NUL',
  (one) => (String(one).includes('\0') ? undefined : String(one)),
);

/** Words of a command, of which there is at least one. */
export const words: z.ZodType<string[]> = z
  .array(scalar, { error: () => 'a list of words' })
  .min(1, { error: () => 'a list of at least one word' });

/** The same, or a string that is split into words. */
export const command: z.ZodType<string[]> = either(
  words,
  reads(
    z.string({ error: () => 'a list of words or a string' }),
    'a list of words, or a string of words with its quotes closed',
    (line) => {
      const split = line.includes('\0') ? undefined : splitWords(line);
      return split?.length === 0 ? undefined : split;
    },
  ),
);

function valuesOr(expected: string): z.ZodType<Record<string, string>> {
  const key = z.string().regex(/^[^=\0]+$/, { error: () => 'a name without "="' });
  return z.record(key, scalar, { error: () => expected });
}

/** Names and values; a number or true/false counts as the text that it is written with. */
export const values: z.ZodType<Record<string, string>> = valuesOr('a mapping');

/** The same, or a list of `NAME=VALUE`. */
export const pairs: z.ZodType<Record<string, string>> = either(
  z
    .array(
      reads(text, 'NAME=VALUE', (line): [string, string] | undefined => {
        const cut = line.indexOf('=');
        return cut < 1 ? undefined : [line.slice(0, cut), line.slice(cut + 1)];
      }),
    )
    .transform((list) => Object.fromEntries(list)),
  valuesOr('a mapping, or a list of NAME=VALUE'),
);

/** An absolute path; with a `base` also one that begins with `./` or `../`, which is meant from there. */
export function hostPath(base?: string): z.ZodType<string> {
  const expected = `an absolute path${base === undefined ? '' : ', or one that begins with "./"'}`;
  return reads(z.string({ error: () => expected }), expected, (path) => pathFrom(path, base));
}

function pathFrom(path: string, base: string | undefined): string | undefined {
  if (path.includes('\0')) return undefined;
  if (isAbsolute(path)) return resolve(path);
  return base !== undefined && /^\.\.?(\/|$)/.test(path) ? resolve(base, path) : undefined;
}

/** `SOURCE:TARGET`, or with `:ro`; the source is a host path or a volume's name. */
export function mount(base?: string): z.ZodType<Mount> {
  const expected = 'SOURCE:TARGET or SOURCE:TARGET:ro, the source a path or the name of a volume';
  return reads(z.string({ error: () => expected }), expected, (line): Mount | undefined => {
    const [from = '', target = '', mode = 'rw', ...more] = line.split(':');
    const source = pathFrom(from, base) ?? (isName(from) ? from : undefined);
    const inside = isAbsolute(target) ? pathFrom(target, undefined) : undefined;
    if (source === undefined || inside === undefined || more.length > 0) return undefined;
    return /^r[ow]$/.test(mode) ? { source, target: inside, readOnly: mode === 'ro' } : undefined;
  });
}
