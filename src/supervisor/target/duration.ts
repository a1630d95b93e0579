// Lengths of time as people write them: `500ms`, `30s`, `1h30m`; a bare number means seconds.

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|[dhms])/g;
/** Longer than any machine runs; a sum of milliseconds up to here is exact. */
const MOST = 100 * 366 * UNITS.d;

/** What a duration looks like, for messages. */
export const DURATION_EXPECTED = 'a duration such as 500ms, 30s, 15m, 2h, 1d or 1h30m';

/** Milliseconds, rounded to whole ones; undefined for what is no duration (negative, over 100 years). */
export function parseDuration(written: string | number): number | undefined {
  const text = typeof written === 'number' ? `${String(written)}s` : written;
  const whole = /^\d+(\.\d+)?$/.test(text) ? `${text}s` : text;
  if (!WHOLE.test(whole)) return undefined;
  let sum = 0;
  for (const [, number, unit] of whole.matchAll(PART))
    sum += Number(number) * UNITS[unit as keyof typeof UNITS];
  return sum <= MOST ? Math.round(sum) : undefined;
}

/** The shortest such text that means exactly these milliseconds: `1h30m`, `0s`. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  let text = '';
  for (const [unit, length] of Object.entries(UNITS)) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${String(count)}${unit}`;
    rest -= count * length;
  }
  return text === '' ? '0s' : text;
}
