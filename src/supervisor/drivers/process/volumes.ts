// The named volumes that the driver keeps: `<stateDir>/volumes/<app>/<name>`, made when a service
// that names one is started.

import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Mount } from '../../target/types.js';

// As Docker has it: no name leads out of the directory, or hides in it.
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,200}$/;

export class Volumes {
  readonly #dir: string;

  constructor(stateDir: string) {
    this.#dir = join(stateDir, 'volumes');
  }

  /** The mount with a source of the host; a named volume is made. Throws a plain Error that says why not. */
  resolve(app: string, mount: Mount): Mount {
    if (!isAbsolute(mount.target)) throw new Error(`'${mount.target}' is not an absolute path`);
    if (isAbsolute(mount.source)) return mount;
    if (!NAME.test(mount.source))
      throw new Error(`'${mount.source}' is neither an absolute path nor the name of a volume`);
    const source = join(this.#of(app), mount.source);
    mkdirSync(source, { recursive: true });
    return { ...mount, source };
  }

  /** Removes what is in the volumes of an app, but not the volumes: they may be mounted somewhere. */
  empty(app: string): void {
    for (const volume of entries(this.#of(app)))
      for (const path of entries(volume)) rmSync(path, { recursive: true, force: true });
  }

  #of(app: string): string {
    return join(this.#dir, encodeURIComponent(app).replace(/^\./, '%2E'));
  }
}

// None of a link: what it leads to is not ours to empty.
function entries(dir: string): string[] {
  if (lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(dir).map((name) => join(dir, name));
}
