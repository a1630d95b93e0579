// What happened, as JSON lines in a directory that only its owner reads (0700, files 0600).
//
// Guarantee: what `write` returned for survives kill -9: it is one write to an O_APPEND descriptor. A
// disk that is full or read-only costs entries (told once, and again when it is over), never the daemon.
// Not protected: the last entries before a power cut. Syncing each would wear out an SD card; the state
// file, which decides what happens next, is synced.

import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { whyOf } from '../../files.js';
import type { JournalEntry } from '../types.js';
import { dated, type NewEntry } from './entry.js';
import { journalFile, MOST_KEPT, rotate } from './files.js';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;

export interface JournalOptions {
  /** A file is rotated before it grows beyond this; 1 MiB by default. */
  maxBytes?: number;
  /** How many rotated files are kept, 1 to 99; 5 by default. */
  keep?: number;
  /** Told when entries begin to be lost and when they are kept again. */
  onWarning?: (text: string) => void;
}

export type JournalListener = (entry: JournalEntry) => void;

export class Journal {
  readonly dir: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #onWarning: (text: string) => void;
  readonly #listeners = new Set<{ call: JournalListener }>();
  #file: { fd: number; size: number; torn: boolean } | undefined;
  #lost = 0;

  /** Touches nothing before the first entry. */
  constructor(dir: string, options: JournalOptions = {}) {
    const { maxBytes = 2 ** 20, keep = 5, onWarning = () => undefined } = options;
    this.dir = dir;
    this.#maxBytes = maxBytes;
    this.#keep = Math.min(MOST_KEPT, Math.max(1, keep));
    this.#onWarning = onWarning;
  }

  /** Keeps the entry, cut to its bounds and dated, and tells the listeners. Throws only what they throw. */
  write(entry: NewEntry): JournalEntry {
    const kept = dated(entry, new Date());
    try {
      this.#append(`${JSON.stringify(kept)}\n`);
      if (this.#lost > 0)
        this.#onWarning(
          `the journal '${this.dir}' is written again; ${String(this.#lost)} entries are lost`,
        );
      this.#lost = 0;
    } catch (error) {
      this.close();
      if (this.#lost++ === 0)
        this.#onWarning(
          `cannot write the journal '${this.dir}': ${whyOf(error)}; entries are lost until it can`,
        );
    }
    for (const { call } of this.#listeners) call(kept);
    return kept;
  }

  /** Calls `listener` with every entry from now on; returns the function that ends that. */
  on(listener: JournalListener): () => void {
    const own = { call: listener };
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Closes the file; the next entry opens it again. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
  }

  #append(line: string): void {
    const bytes = Buffer.byteLength(line);
    let file = (this.#file ??= this.#open());
    if (file.size > 0 && file.size + bytes > this.#maxBytes) {
      this.close();
      rotate(this.dir, this.#keep);
      file = this.#file = this.#open();
    }
    // A line that a full disk or a power cut tore is ended first, or it would swallow this one.
    const data = Buffer.from(file.torn ? `\n${line}` : line);
    const written = writeSync(file.fd, data);
    file.size += written;
    file.torn = written < data.length;
    if (file.torn) throw new Error('no space left on the device');
  }

  #open(): { fd: number; size: number; torn: boolean } {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    const flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
    const fd = openSync(journalFile(this.dir, 0), flags, 0o600);
    const stats = fstatSync(fd);
    const last = Buffer.alloc(1);
    if (stats.isFile() && stats.size > 0) readSync(fd, last, 0, 1, stats.size - 1);
    if (stats.isFile()) return { fd, size: stats.size, torn: stats.size > 0 && last[0] !== 0x0a };
    closeSync(fd);
    throw new Error('it is not a regular file');
  }
}
