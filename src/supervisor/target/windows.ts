// When an app's maintenance windows are open. A window opens at each time that its cron pattern names
// and stays open for its length in real milliseconds, also over a change of the clocks: a pattern for
// an hour that a night leaves out opens at the next moment there is, one for an hour that comes twice
// opens once.

import { Cron } from 'croner';
import type { MaintenanceWindow } from './types.js';

/** Open, and until when (absent: no window limits it); or shut, and when one opens (absent: never). */
export type Opening = { open: true; closes?: Date } | { open: false; opens?: Date };

/** Windows that follow upon each other are followed this far; then ask again. */
const HORIZON = 7 * 86_400_000;
const MOST_STEPS = 1000;

function cronOf({ cron, timezone }: MaintenanceWindow): Cron {
  return new Cron(cron, {
    mode: '5-part',
    paused: true,
    ...(timezone !== undefined && { timezone }),
  });
}

/** Why the pattern or the zone cannot be used; undefined if they can. */
export function windowProblem(
  window: MaintenanceWindow,
): { field: 'cron' | 'timezone'; text: string } | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: window.timezone });
  } catch {
    return {
      field: 'timezone',
      text: 'expected an IANA time zone, such as Europe/Berlin, that this machine knows',
    };
  }
  try {
    if (cronOf(window).nextRun() !== null) return undefined;
    return { field: 'cron', text: 'expected a pattern that some day matches; this one never does' };
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(
      /^CronPattern: /,
      '',
    );
    return { field: 'cron', text: `expected a cron pattern of five fields: ${why}` };
  }
}

// The end of the latest opening at or before `time`. That of an earlier one cannot be later.
function endAt(window: MaintenanceWindow, time: number): number {
  // One millisecond more, because a run exactly at the reference is not "previous".
  const [start] = cronOf(window).previousRuns(1, new Date(time + 1));
  return start === undefined ? -Infinity : start.getTime() + window.length;
}

/**
 * Whether any of the windows is open at `now`, and when that changes. Overlapping and adjoining windows
 * are one; where they never end, `closes` is a moment at least a week away: ask again then.
 */
export function nextOpening(windows: readonly MaintenanceWindow[], now: Date): Opening {
  if (windows.length === 0) return { open: true };
  const from = now.getTime();
  let closes = from;
  for (let step = 0; step < MOST_STEPS && closes - from < HORIZON; step++) {
    const later = Math.max(...windows.map((window) => endAt(window, closes)));
    if (later <= closes) break;
    closes = later;
  }
  if (closes > from) return { open: true, closes: new Date(closes) };
  const starts = windows.flatMap((window) => cronOf(window).nextRun(now) ?? []);
  const first = starts.sort((a, b) => a.getTime() - b.getTime())[0];
  return { open: false, ...(first !== undefined && { opens: first }) };
}
