// What the recognisers share: the forms in which lock files write a process and a host.

import type { Traces } from './types.js';

/** A host name as socket.gethostname() and gethostname(2) give it, for use inside a pattern. */
export const HOST: string = String.raw`[A-Za-z0-9][A-Za-z0-9._-]{0,254}`;

const PID_MAX_LIMIT = 4_194_304; // proc_sys_kernel(5), pid_max: 2^22

/** The number of a process, without leading zeros; undefined for digits that can be none. */
export function pidOf(digits: string | undefined): number | undefined {
  if (digits === undefined || !/^[1-9]\d{0,6}$/.test(digits)) return undefined;
  return Number(digits) <= PID_MAX_LIMIT ? Number(digits) : undefined;
}

/** All that a regular file contains, where that was read: '' is an empty file. */
export function wholeText({ type, content, size }: Traces): string | undefined {
  return type === 'file' && content.length === size ? content : undefined;
}

/** The groups of `pattern` in all that a regular file contains. */
export function matchWhole(traces: Traces, pattern: RegExp): RegExpExecArray | undefined {
  return pattern.exec(wholeText(traces) ?? '\0') ?? undefined;
}

/** Permission bits without set-id and sticky. */
export function bits({ mode }: Traces): number {
  return mode & 0o777;
}
