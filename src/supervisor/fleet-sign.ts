// `fleet-state`: where the device stands with the slot of its fleet, beside the lock directories, for
// `lockbridge explain` and scripts, which have neither key nor API. It says when it was written: a daemon
// that was killed leaves its last one.

import { rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readWhole } from '../files.js';
import { serviceOf } from '../inspect/service.js';
import { printable } from '../printable.js';
import { dumpText } from './dump.js';
import type { FleetStatus } from './types.js';

const NAME = 'fleet-state';
const MOST_BYTES = 8192;

export interface FleetSign extends Pick<FleetStatus, 'group' | 'state' | 'since' | 'text'> {
  /** RFC 3339: when this was written. */
  told: string;
}

function signPath(root: string): string {
  return join(root, 'tmp/balena-supervisor', NAME);
}

/** Writes it, or removes it where there is nothing to tell. LockError (ERR_LOCK_CREATE). */
export function writeSign(root: string, status: FleetStatus): void {
  const { group, state, since, text } = status;
  const file = signPath(root);
  if (state === 'none') {
    rmSync(file, { force: true });
    return;
  }
  const told = new Date().toISOString();
  const sign: FleetSign = { group, state, since, ...(text !== undefined && { text }), told };
  dumpText(file, JSON.stringify(sign));
}

/** What a supervisor says beside this lock of a service; undefined if it says nothing. */
export function signFor(lock: string): FleetSign | undefined {
  if (serviceOf(lock) === undefined) return undefined;
  const file = resolve(dirname(resolve(lock)), '../../..', NAME);
  try {
    const written = JSON.parse(readWhole(file, MOST_BYTES, false)?.text ?? '') as unknown;
    const { group, state, since, text, told } = written as Partial<Record<string, unknown>>;
    const texts = [group, state, since, told].every((one) => typeof one === 'string');
    if (!texts) return undefined;
    const safe = (value: unknown): string => printable(String(value), 500);
    return {
      ...{ group: safe(group), state: safe(state) as FleetStatus['state'] },
      ...{ since: safe(since), told: safe(told) },
      ...(typeof text === 'string' && { text: safe(text) }),
    };
  } catch {
    return undefined; // not there, or not a supervisor's
  }
}
