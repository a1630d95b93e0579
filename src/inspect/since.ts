// Since when a lock is held. The kernel keeps no time for a lock, so for a kernel lock of a stranger
// there is only a bound: not before its file was made and its holder's process started.

import type { RawLook } from '../native.js';
import type { Holder, Since } from './types.js';
import type { Judgement } from './verdict.js';

// A record's time is RFC 3339. Date.parse alone takes much else: it makes "1" a day of 2001.
const CLOCK = String.raw`(?:[01]\d|2[0-3]):[0-5]\d`;
const RFC_3339 = new RegExp(
  String.raw`^(?!0000)\d{4}-\d\d-\d\dT${CLOCK}:[0-5]\d(?:\.\d+)?(?:Z|[+-]${CLOCK})$`,
);
// The years 1 to 9999 in UTC: an offset can lead out of them.
const [FIRST, LAST] = [-62_135_596_800_000, 253_402_300_799_999];

/** The same before it is written out, which takes as long as a system call. */
export interface When {
  /** Milliseconds since the epoch. */
  ms: number;
  from: Since['from'];
}

function recorded(since: string = ''): number | undefined {
  const ms = RFC_3339.test(since) ? Date.parse(since) : Number.NaN;
  return ms >= FIRST && ms <= LAST ? ms : undefined;
}

/** Since when what was seen stands there. */
export function whenOf(
  look: RawLook,
  { record, by }: Pick<Judgement, 'record' | 'by'>,
  holders: readonly Holder[],
): When {
  const claimed = record === undefined ? undefined : recorded(record.since);
  if (claimed !== undefined) return { ms: claimed, from: 'record' };
  // A Date has whole milliseconds.
  const ms = Math.trunc(look.birth > 0 ? look.birth : look.ctime);
  const started = by === 'kernel' ? startOf(holders.find(holds)) : Number.NaN;
  if (started > ms) return { ms: started, from: 'process' };
  return { ms, from: look.birth > 0 ? 'birth' : 'change' };
}

const holds = ({ role }: Holder): boolean => role === 'holds';

let parsed = { text: '', ms: Number.NaN };

// One process may hold thousands.
function startOf(holder: Holder | undefined): number {
  const text = holder?.started ?? '';
  if (text !== parsed.text) parsed = { text, ms: Date.parse(text) };
  return parsed.ms;
}

/** In the form that people and programs get. */
export function sinceOf({ ms, from }: When): Since {
  return { at: new Date(ms).toISOString(), from };
}
