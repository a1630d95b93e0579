// A trace in a file, written event by event: an array without its end is a trace too (the format
// says so), so a watch that is killed leaves a file that can be opened.

import { closeSync, openSync, writeSync } from 'node:fs';
import { LockError } from '../errors.js';
import { Tracer, type TraceRecord } from '../observe/trace.js';
import type { LockEvent } from '../observe/types.js';

export class TraceFile {
  readonly #file: string;
  readonly #fd: number;
  readonly #tracer = new Tracer();
  readonly #began = performance.now();
  #first = true;

  /** LockError if the file cannot be written. */
  constructor(file: string) {
    this.#file = file;
    this.#fd = this.#try(() => openSync(file, 'w'));
    this.#write('[');
  }

  add(event: LockEvent): void {
    this.#records(this.#tracer.records(event));
  }

  /** Ends what is going on, and makes the file valid JSON. */
  close(): void {
    this.#records(this.#tracer.end(Math.round((performance.now() - this.#began) * 1000)));
    this.#write('\n]\n');
    closeSync(this.#fd);
  }

  #records(records: readonly TraceRecord[]): void {
    for (const record of records) {
      this.#write(`${this.#first ? '' : ','}\n${JSON.stringify(record)}`);
      this.#first = false;
    }
  }

  #write(text: string): void {
    this.#try(() => writeSync(this.#fd, text));
  }

  #try<T>(act: () => T): T {
    try {
      return act();
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
      throw new LockError('ERR_LOCK_CREATE', `cannot write the trace '${this.#file}': ${why}`, {
        path: this.#file,
        cause,
      });
    }
  }
}
