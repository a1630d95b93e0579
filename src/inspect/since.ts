// Since when a lock is held. The kernel keeps no time for a lock, so for a kernel lock of a stranger
// there is only a bound: not before its file was made and its holder's process started.

import type { RawLook } from '../native.js';
import type { Holder, Since } from './types.js';
import type { Judgement } from './verdict.js';

const iso = (ms: number): string => new Date(ms).toISOString();

function recorded(since: string | undefined): Since | undefined {
  const ms = Date.parse(since ?? '');
  return Number.isNaN(ms) ? undefined : { at: iso(ms), from: 'record' };
}

/** Since when what was seen stands there. */
export function sinceOf(
  look: RawLook,
  { record, by }: Pick<Judgement, 'record' | 'by'>,
  holders: readonly Holder[],
): Since {
  const claimed = recorded(record?.since);
  if (claimed !== undefined) return claimed;
  const file: Since =
    look.birth > 0
      ? { at: iso(look.birth), from: 'birth' }
      : { at: iso(look.ctime), from: 'change' };
  if (by !== 'kernel') return file;
  const started = holders.find(({ role }) => role === 'holds')?.started;
  if (started === undefined || Date.parse(started) <= Date.parse(file.at)) return file;
  return { at: started, from: 'process' };
}
