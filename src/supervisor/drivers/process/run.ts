// One run of a service as the driver knows it, and as it is shown.

import type { Instance, StartRequest } from '../types.js';
import type { Entry } from './entry.js';
import type { ProcessRecord } from './record.js';
import { epoch } from './table.js';

export interface Run {
  readonly record: ProcessRecord;
  running: boolean;
  /** Somebody asked for its end, which is then no news. */
  stopping: boolean;
  /** Ends the watch for its exit. */
  forget: () => void;
}

/** Names a service of an app in one string. */
export function keyOf(app: string, service: string): string {
  return JSON.stringify([app, service]);
}

/** The record of a run that is about to begin. */
export function recordOf(request: StartRequest, entry: Entry, mark: string): ProcessRecord {
  const { app, service, fingerprint } = request;
  return {
    lockbridgeProcess: 1,
    ...{ app: app.id, service: service.name, release: app.release, fingerprint },
    ...{ pid: entry.pid, start: entry.start, mark, epoch: epoch(), begun: false },
    startedAt: new Date().toISOString(),
  };
}

export function instanceOf({ record, running }: Run): Instance {
  const { app, service, release, fingerprint, pid, start, startedAt, exitedAt, exitCode } = record;
  return {
    id: `${String(pid)}-${String(start)}`,
    ...{ app, service, release, fingerprint, startedAt },
    state: running ? 'running' : 'exited',
    ...(exitedAt !== undefined && { exitedAt }),
    ...(exitCode !== undefined && { exitCode }),
    ...(running && { pid }),
  };
}
