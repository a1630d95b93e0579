// Orphans: a process that holds a kernel lock on a file which has lost its name. It believes that it
// holds the path and protects nothing, and whoever looks at the path cannot see it. Its descriptor
// still tells where the file was.

import { basename, dirname, join } from 'node:path';
import type { RawOpener } from '../native.js';
import { holdersOf } from './holders.js';
import { mountsOf, placeOf, placeThrough, type Mount, type Place } from './mounts.js';
import type { Processes } from './process.js';
import type { Holder } from './types.js';

const DELETED = ' (deleted)';

const key = ({ device, path }: Place): string => `${device} ${path}`;

/** The nameless locked files of one inspection, by the place that they had. */
export class Orphans {
  readonly #processes: Processes;
  readonly #byPlace = new Map<string, RawOpener[]>();
  readonly #names = new Set<string>();
  readonly #places = new Map<string, Place | undefined>();
  #ours: readonly Mount[] | undefined;

  constructor(openers: readonly RawOpener[], processes: Processes) {
    this.#processes = processes;
    const mounts = new Map<number, Mount[]>();
    for (const opener of openers) {
      if (opener.link?.endsWith(DELETED) !== true) continue;
      let seen = mounts.get(opener.pid);
      if (seen === undefined) mounts.set(opener.pid, (seen = mountsOf(opener.pid)));
      const link = opener.link.slice(0, -DELETED.length);
      // A file that was born without a name (a lockbridge lock) shows as its number in its
      // directory; lockbridge keeps the name that it gave it beside the content.
      const path = opener.born === undefined ? link : link.replace(/[^/]*$/, opener.born);
      const mount = seen.find(({ id }) => id === opener.mount);
      const place = placeThrough(mount, path);
      if (place === undefined) continue;
      this.#names.add(basename(place.path));
      this.#byPlace.set(key(place), [...(this.#byPlace.get(key(place)) ?? []), opener]);
    }
  }

  /** Who holds a lock on a file that was once at the path. */
  of(path: string): Holder[] {
    if (this.#names.size === 0 || !this.#names.has(basename(path))) return [];
    const place = this.#placeOf(dirname(path));
    if (place === undefined) return [];
    const at = { ...place, path: join(place.path, basename(path)) };
    return holdersOf({ locks: [] }, this.#byPlace.get(key(at)) ?? [], this.#processes);
  }

  // Two locks in a directory are as usual as one.
  #placeOf(dir: string): Place | undefined {
    if (!this.#places.has(dir))
      this.#places.set(dir, placeOf(dir, (this.#ours ??= mountsOf('self'))));
    return this.#places.get(dir);
  }
}
