// What is on record of each service: one file for each, `<app>.<service>.json`, written whole or not
// at all. A process is on record before it runs anything of the service, so that a daemon that is
// killed at any point never loses one. Only the daemon writes here, and only one daemon does.
//
// Nothing waits for the disk: after a power cut no process is left that a record could be about. An
// empty file is what such a cut can leave.

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { LockError } from '../../../errors.js';
import type { Session } from './session.js';

/** One run of a service. Times are RFC 3339; the rest as in `Instance`. */
export interface ProcessRecord extends Session {
  lockbridgeProcess: 1;
  app: string;
  service: string;
  release: string;
  fingerprint: string;
  /** The boot and pid namespace that pid and start time belong to. */
  epoch: string;
  startedAt: string;
  /** False until the service's own program runs. */
  begun: boolean;
  exitedAt?: string;
  exitCode?: number;
}

const SUFFIX = '.json';

// The first dot separates: without that, `a.b` of `c` and `b.c` of `a` would share a file.
function fileName(app: string, service: string): string {
  return `${encodeURIComponent(app).replaceAll('.', '%2E')}.${encodeURIComponent(service)}${SUFFIX}`;
}

function parse(text: string): ProcessRecord | undefined {
  try {
    const record = JSON.parse(text) as ProcessRecord | null;
    if (record?.lockbridgeProcess !== 1) return undefined;
    // A signal goes by these two: 0 and 1 would mean others, and no mark would fit everybody.
    const { pid, mark } = record;
    return Number.isSafeInteger(pid) && pid > 1 && mark.includes('=') ? record : undefined;
  } catch {
    return undefined;
  }
}

/** The records below `<stateDir>/processes`. */
export class ProcessRecords {
  readonly dir: string;

  /** Makes the directory; LockError (ERR_SERVICE) if it cannot. */
  constructor(stateDir: string) {
    this.dir = join(stateDir, 'processes');
    try {
      mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    } catch (cause) {
      const why = `cannot keep records of processes in '${this.dir}': ${String(cause)}`;
      throw new LockError('ERR_SERVICE', why, { path: this.dir, cause });
    }
  }

  /** All of them. A file that is no record is reported as a process warning and left alone. */
  all(): ProcessRecord[] {
    const records: ProcessRecord[] = [];
    for (const name of readdirSync(this.dir)) {
      const file = join(this.dir, name);
      // What a writer left that was killed: its name is the record's and a number.
      if (/\.json\.\d+$/.test(name)) rmSync(file, { force: true });
      if (!name.endsWith(SUFFIX)) continue;
      const text = readFileSync(file, 'utf8');
      if (text === '') {
        rmSync(file, { force: true });
        continue;
      }
      const record = parse(text);
      if (record !== undefined) records.push(record);
      else process.emitWarning(`'${file}' is no record of a process; remove it if nothing runs`);
    }
    return records;
  }

  write(record: ProcessRecord): void {
    const file = join(this.dir, fileName(record.app, record.service));
    writeFileAtomic.sync(file, `${JSON.stringify(record)}\n`, { mode: 0o600, fsync: false });
  }

  remove(record: Pick<ProcessRecord, 'app' | 'service'>): void {
    rmSync(join(this.dir, fileName(record.app, record.service)), { force: true });
  }
}
