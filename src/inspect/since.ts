// Since when a lock is held. The kernel keeps no time for a lock, so for a kernel lock of a stranger
// there is only a bound: not before its file was made and its holder's process started.

import type { RawLook } from '../native.js';
import type { Holder, Since } from './types.js';
import type { Judgement } from './verdict.js';

const iso = (ms: number): string => new Date(ms).toISOString();

// A record's time is RFC 3339. Date.parse alone takes much else: it makes "1" a day of 2001.
const CLOCK = String.raw`(?:[01]\d|2[0-3]):[0-5]\d`;
const RFC_3339 = new RegExp(
  String.raw`^(?!0000)\d{4}-\d\d-\d\dT${CLOCK}:[0-5]\d(?:\.\d+)?(?:Z|[+-]${CLOCK})$`,
);
// The years 1 to 9999 in UTC: an offset can lead out of them.
const [FIRST, LAST] = [-62_135_596_800_000, 253_402_300_799_999];

function recorded(since: string = ''): Since | undefined {
  const ms = RFC_3339.test(since) ? Date.parse(since) : Number.NaN;
  return ms >= FIRST && ms <= LAST ? { at: iso(ms), from: 'record' } : undefined;
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
