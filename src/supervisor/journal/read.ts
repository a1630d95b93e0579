// Reading a journal, also while a daemon writes and rotates it.
//
// The latest entries are found from the end of the newest file, so that a question for ten of them
// reads a few kilobytes. Torn and strange lines are passed over.

import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { LockError } from '../../errors.js';
import { whyOf } from '../../files.js';
import type { JournalEntry, JournalKind } from '../types.js';
import { linesBackwards } from './backwards.js';
import { entryOf, MOST_LINE } from './entry.js';
import { journalFile, MOST_KEPT } from './files.js';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

export interface JournalQuery {
  /** How many of the latest entries at the most. */
  most: number;
  /** Only those from then on. */
  since?: Date;
  app?: string;
  kind?: JournalKind;
}

/** The entries, the oldest first; none where there is no journal. LockError if it cannot be read. */
export async function readJournal(dir: string, query: JournalQuery): Promise<JournalEntry[]> {
  const found: JournalEntry[] = [];
  const files: Opened[] = [];
  try {
    await openAll(dir, files);
    for (const { handle, size } of files) {
      if (found.length >= query.most) break;
      for await (const line of linesBackwards(handle, size, MOST_LINE)) {
        const entry = entryOf(line);
        if (entry !== undefined && asked(entry, query)) found.push(entry);
        if (found.length >= query.most) break;
      }
    }
  } finally {
    for (const { handle } of files) await handle.close();
  }
  return found.reverse();
}

// By the entry's own time, without stopping at the first that is too old: clocks are set back.
function asked(entry: JournalEntry, { since, app, kind }: JournalQuery): boolean {
  if (since !== undefined && Date.parse(entry.at) < since.getTime()) return false;
  return (app === undefined || entry.app === app) && (kind === undefined || entry.kind === kind);
}

interface Opened {
  handle: FileHandle;
  size: number;
  id: string;
}

// All are opened first, the newest first: a rotation in between shows one file twice and hides none.
async function openAll(dir: string, files: Opened[]): Promise<void> {
  let missing = 0;
  for (let age = 0; age <= MOST_KEPT && missing < 2; age++) {
    const file = await opened(journalFile(dir, age));
    missing = file === undefined ? missing + 1 : 0;
    if (file === undefined) continue;
    if (files.some(({ id }) => id === file.id)) await file.handle.close();
    else files.push(file);
  }
}

async function opened(path: string): Promise<Opened | undefined> {
  try {
    const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = await handle.stat();
    if (stats.isFile())
      return { handle, size: stats.size, id: `${String(stats.dev)}:${String(stats.ino)}` };
    await handle.close();
    return undefined;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw new LockError(
      'ERR_LOCK_PERMISSION',
      `cannot read the journal '${path}': ${whyOf(cause)}`,
      {
        path,
        cause,
      },
    );
  }
}
