// What a driver before this one has left: services that run, services that have ended, and starts
// that it did not see through.

import { readStart } from '../../../inspect/procfs.js';
import type { ProcessRecord, ProcessRecords } from './record.js';
import type { Run } from './run.js';
import { endSession, remains } from './session.js';
import { epoch, lives } from './table.js';

const COMMAND_LINE_BYTES = 65536;

// Still the entry program: its command line ends with the mark of the run. One that becomes the
// service right after this look is microseconds old when it is ended, and has run no line of its own.
function isEntry({ pid, mark }: ProcessRecord): boolean {
  return readStart(`/proc/${String(pid)}/cmdline`, COMMAND_LINE_BYTES).endsWith(`\0${mark}\0`);
}

async function adoptOne(record: ProcessRecord): Promise<Run | undefined> {
  const here = record.epoch === epoch();
  const running = here && lives(record.pid, record.start);
  if (!record.begun) {
    if (running && isEntry(record)) await endSession(record, 0);
    // The driver was killed before it could note that the service runs; perhaps that has ended since.
    if (!here || remains(record).length === 0) return undefined;
    record.begun = true;
  }
  return { record, running, stopping: false, forget: () => undefined };
}

/** The run of every record; a start that never came to anything is ended and taken off the record. */
export async function adopt(records: ProcessRecords): Promise<Run[]> {
  const runs: Run[] = [];
  for (const record of records.all()) {
    const run = await adoptOne(record);
    if (run === undefined) records.remove(record);
    else runs.push(run);
  }
  return runs;
}
