// Tells when the configuration file has changed, by inotify on its directory and on that of the file
// behind it, if it is a link.
//
// Editors replace a file by rename, ConfigMaps swap a link beside it, `cp` writes into it: each of these
// is one change, told once it is complete. A file that is being written is not read before its writer
// closes it, because half a file may well be valid, and would stop the services of the other half.
// Not seen: what another machine does on a network filesystem; a link that is swapped in a third
// directory; a directory that is put in the place of one that is gone.

import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LockError } from '../../errors.js';
import { IN, NAME_EVENTS, subscribe, type DirectoryWatch } from '../../watch.js';
import { readConfig, type Config } from '../config.js';

const CLOSE_WRITE = 0x8; // IN.CLOSE has the closing readers too
const SETTLED = 50; // ms: whatever an editor does at a save comes within a few

/** Called with the new configuration, or with why it cannot be used. */
export type ConfigListener = (now: Config | LockError) => void;

/** A configuration file under watch. Keeps no process alive. */
export class ConfigWatch implements Disposable {
  readonly file: string;
  readonly #changed: ConfigListener;
  readonly #watches = new Map<string, DirectoryWatch>();
  /** Those of the file's names whose content somebody is writing. */
  readonly #written = new Set<string>();
  #seen: string;
  #timer: NodeJS.Timeout | undefined;

  /**
   * Watches from now on: make it before the file is first read, or a change in between is missed.
   * LockError if the file's directory cannot be watched.
   */
  constructor(file: string, changed: ConfigListener) {
    this.file = resolve(file);
    this.#changed = changed;
    this.#follow();
    this.#seen = identityOf(this.file);
  }

  /** Idempotent; nothing is called back after it. */
  close(): void {
    clearTimeout(this.#timer);
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Looks now, and tells of a change before it returns: for whoever has just been asked to update. */
  check(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#look();
  }

  // Watches the directories that matter now, and no others.
  #follow(): void {
    const dirs = new Set(namesOf(this.file).map(dirname));
    for (const [dir, watch] of this.#watches)
      if (!dirs.has(dir)) {
        watch.close();
        this.#watches.delete(dir);
      }
    for (const dir of dirs) {
      if (this.#watches.has(dir)) continue;
      const heard = (name: string, mask: number): void => {
        this.#heard(join(dir, name), mask);
      };
      this.#watches.set(dir, subscribe(dir, false, heard, { opens: true }));
    }
  }

  #heard(at: string, mask: number): void {
    if ((mask & (IN.MODIFY | CLOSE_WRITE | NAME_EVENTS)) === 0) return;
    if ((mask & IN.MODIFY) !== 0 || ((mask & IN.CREATE) !== 0 && isEmpty(at))) {
      if (namesOf(this.file).includes(at)) this.#written.add(at);
    } else this.#written.delete(at);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, SETTLED).unref();
    this.#timer.refresh();
  }

  #look(): void {
    let now: Config | LockError;
    try {
      this.#follow();
      const names = new Set(namesOf(this.file));
      for (const name of this.#written) if (!names.has(name)) this.#written.delete(name);
      const identity = identityOf(this.file);
      if (this.#written.size > 0 || identity === this.#seen) return;
      this.#seen = identity;
      now = readConfig(this.file);
    } catch (error) {
      if (!LockError.is(error)) throw error;
      now = error;
    }
    this.#changed(now);
  }
}

// The name itself, and that of the file behind it.
function namesOf(path: string): string[] {
  try {
    return [path, realpathSync(path)];
  } catch {
    return [path];
  }
}

// A link or a finished file that was given its name is complete; one that was just made is not.
function isEmpty(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size === 0;
}

// Changes with whatever is put in the file's place and whenever it is written.
function identityOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
