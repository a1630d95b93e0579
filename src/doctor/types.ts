// What the doctor's parts agree on: a check, what it is given, and what it finds.

import type { Second } from './second.js';

/**
 * `ok`: measured and there. `weak`: locks work, with less than the best. `missing`: not there.
 * `unknown`: it could not be measured, which promises nothing.
 */
export type Status = 'ok' | 'weak' | 'missing' | 'unknown';

/** What one check measured. `cost` and `remedy` only where something is not as it should be. */
export interface Outcome {
  /** How it is. */
  status: Status;
  /** One line: what was measured. */
  detail: string;
  /** What that costs whoever locks here. */
  cost?: string;
  /** What helps, if anything does. */
  remedy?: string;
}

/** One thing that the doctor looked into, and what it found. */
export interface Finding extends Outcome {
  /** Stable, for programs. */
  id: string;
  /** For people. */
  name: string;
  /** What a lock can rely on if this is there; absent where its absence breaks no promise. */
  guarantee?: string;
}

/** The place where checks work. */
export interface Bench {
  /** The directory in question. */
  readonly dir: string;
  /** Where kernel settings are read from. */
  readonly sysctls: string;
  /** A path in the hidden temporary directory inside `dir`. */
  file(name: string): string;
  /** Makes that directory, once; what stood in the way, or undefined. */
  prepare(): Refusal | undefined;
  /** A second process, the same one every time unless a `fresh` one is asked for. */
  second(fresh?: 'fresh'): Second;
}

export interface Refusal {
  syscall: string;
  /** `EROFS` */
  code: string;
}

export interface Check {
  id: string;
  name: string;
  guarantee?: string;
  /** About this host: does not touch the directory. */
  host?: boolean;
  /** Works on files of its own, so it is left out where none can be made. */
  writes?: boolean;
  run(bench: Bench): Outcome | Promise<Outcome>;
}
