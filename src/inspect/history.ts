// Which lock files were seen under which boot, kept in a file: the only proof that a lock file which
// outlived a reboot (on /data) is stale. The clock proves nothing: a device without a battery clock
// boots in the past and jumps forward, and a lock taken seconds after boot then looks older than it.
//
// A file counts as the same only if device, inode number, birth and change time are: a number handed
// out again, or a file that its maker has touched since, is another one.

import { readFileSync } from 'node:fs';
import { LockError } from '../errors.js';
import { saveWhole } from '../files.js';
import { readProc } from './procfs.js';
import type { Inspection } from './types.js';

interface Entry {
  path: string;
  /** Change time in milliseconds, as the filesystem keeps it. */
  ctime: number;
  boot: string;
}

function bootId(): string {
  return readProc('/proc/sys/kernel/random/boot_id').trim();
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Partial<Entry> | null;
  return (
    typeof entry === 'object' &&
    entry !== null &&
    typeof entry.path === 'string' &&
    typeof entry.ctime === 'number' &&
    typeof entry.boot === 'string'
  );
}

/** A record of lock files over reboots. `note` what is there, `save`, and ask after the next boot. */
export class LockHistory {
  /** Where it is kept. */
  readonly file: string;
  readonly #boot: string;
  readonly #entries = new Map<string, Entry>();

  /** Reads `file` if it is there. LockError if it is no history, so that none is overwritten. */
  constructor(file: string, boot: string = bootId()) {
    this.file = file;
    this.#boot = boot;
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw unusable(file, cause);
    }
    try {
      const { lockbridgeHistory, files } = JSON.parse(text) as Record<string, unknown>;
      if (lockbridgeHistory !== 1 || typeof files !== 'object' || files === null)
        throw new Error('it is not one of ours');
      for (const [id, entry] of Object.entries(files))
        if (isEntry(entry)) this.#entries.set(id, entry);
    } catch (cause) {
      throw unusable(file, cause);
    }
  }

  /** The boot under which this very file was on record, if that was an earlier one. */
  earlierBoot(id: string, ctime: number): string | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.ctime !== ctime || this.#boot === '') return undefined;
    return entry.boot === this.#boot ? undefined : entry.boot;
  }

  /** Puts on record what an inspection saw; a file that is gone or has changed is forgotten. */
  note(seen: readonly Inspection[]): void {
    const paths = new Set(seen.map(({ path }) => path));
    const ids = new Set(seen.map(({ id }) => id));
    for (const [id, { path }] of this.#entries)
      if (paths.has(path) && !ids.has(id)) this.#entries.delete(id);
    for (const { id, path, changed } of seen) {
      if (id === undefined || changed === undefined || this.#boot === '') continue;
      const ctime = changed;
      if (this.#entries.get(id)?.ctime === ctime) continue;
      this.#entries.set(id, { path, ctime, boot: this.#boot });
    }
  }

  /** Writes it whole or not at all. */
  save(): void {
    const data = { lockbridgeHistory: 1, files: Object.fromEntries(this.#entries) };
    try {
      saveWhole(this.file, `${JSON.stringify(data)}\n`, 0o600);
    } catch (cause) {
      throw new LockError('ERR_LOCK_CREATE', `cannot write '${this.file}': ${String(cause)}`, {
        path: this.file,
        cause,
      });
    }
  }
}

function unusable(file: string, cause: unknown): LockError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new LockError(
    'ERR_INVALID_ARGUMENT',
    `'${file}' is no history of lock files (${why}); name another file, or remove it to begin anew`,
    { path: file, cause },
  );
}
