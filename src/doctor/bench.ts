// The hidden temporary directory that checks work in, and the second processes that they work with.

import { mkdirSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameOf } from './outcome.js';
import { startSecond, type Second } from './second.js';
import type { Bench, Refusal } from './types.js';

// As much as a record may have: a full disk speaks up here.
const CONTENT = '.'.repeat(512);

export interface BenchOptions {
  dir: string;
  /** The name of the temporary directory. */
  scratch: string;
  sysctls: string;
}

export class Workbench implements Bench {
  readonly dir: string;
  readonly sysctls: string;
  readonly #scratch: string;
  #prepared: { refusal: Refusal | undefined } | undefined;
  #second: Second | undefined;

  constructor({ dir, scratch, sysctls }: BenchOptions) {
    this.dir = dir;
    this.sysctls = sysctls;
    this.#scratch = join(dir, scratch);
  }

  file(name: string): string {
    return join(this.#scratch, name);
  }

  second(fresh?: 'fresh'): Second {
    if (fresh !== undefined) return startSecond();
    return (this.#second ??= startSecond());
  }

  prepare(): Refusal | undefined {
    this.#prepared ??= { refusal: this.#make() };
    return this.#prepared.refusal;
  }

  // Made, used, and removed once before anything else: where nothing can be removed (an append-only
  // directory, say), what is left behind shall be one empty directory at most.
  #make(): Refusal | undefined {
    this.clean();
    const file = this.file('file');
    let syscall = 'mkdir';
    try {
      mkdirSync(this.#scratch, { mode: 0o700 });
      syscall = 'rmdir';
      rmdirSync(this.#scratch);
      syscall = 'mkdir';
      mkdirSync(this.#scratch, { mode: 0o700 });
      syscall = 'write';
      writeFileSync(file, CONTENT, { flag: 'wx' });
      syscall = 'unlink';
      unlinkSync(file);
    } catch (error) {
      return { syscall, code: nameOf(error) };
    }
    return undefined;
  }

  /** Removes the temporary directory, if it can be removed. */
  clean(): void {
    try {
      rmSync(this.#scratch, { recursive: true, force: true });
    } catch {
      // said by `prepare`
    }
  }
}
