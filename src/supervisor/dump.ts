// `target-state-config`: the config variables, where host scripts look whether locks are overridden.
// balenaOS's safe_reboot reads `.SUPERVISOR_OVERRIDE_LOCK // .RESIN_OVERRIDE_LOCK` and compares with
// "true", so both names are there with that very word, whatever name and word was used to set it.
//
// The directory lies in /tmp, where anybody could have made it first: then nothing is written.

import { lstatSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { geteuid } from 'node:process';
import { LockError } from '../errors.js';
import { saveWhole, whyOf } from '../files.js';
import { overrideIn } from './target/override.js';

/** Where the dump lies below the root. */
export function dumpPath(root: string): string {
  return join(root, 'tmp/balena-supervisor/target-state-config');
}

/** Writes it whole, mode 0644. LockError (ERR_LOCK_CREATE) if it cannot be written or is not safe to. */
export function dumpConfig(file: string, config: Readonly<Record<string, string>>): void {
  const override = overrideIn(config);
  const word = String(override);
  const names = { SUPERVISOR_OVERRIDE_LOCK: word, RESIN_OVERRIDE_LOCK: word };
  const dumped = { ...config, ...(override !== undefined && names) };
  dumpText(file, JSON.stringify(dumped));
}

/** One line in a file of that directory, as safely; the same errors. */
export function dumpText(file: string, line: string): void {
  try {
    const dir = dirname(file);
    mkdirSync(dir, { recursive: true, mode: 0o755 });
    const { uid, mode } = lstatSync(dir);
    if ((mode & 0o170000) !== 0o040000) throw new Error(`'${dir}' is not a directory`);
    if (uid !== geteuid?.() || (mode & 0o022) !== 0)
      throw new Error(`somebody else can write to '${dir}'; remove it or make it yours, mode 755`);
    saveWhole(file, `${line}\n`, 0o644);
  } catch (cause) {
    const message = `cannot write '${file}': ${whyOf(cause)}`;
    throw new LockError('ERR_LOCK_CREATE', message, { path: file, cause });
  }
}
