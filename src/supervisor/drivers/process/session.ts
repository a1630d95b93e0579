// Ending all that a service has started. A service is the leader of a session of its own: whatever
// it starts belongs to that, unless it calls setsid(2) itself; such a one is out of sight.
//
// Nobody else is ever signalled. The number of a session is taken while one process of it runs, so
// one member that is certainly ours proves that the session is: the leader (pid and start time), one
// that was seen with it, or one that still has the mark of this run in its environment. A process
// with the leader's number and another start time proves that none of ours is left.

import { allGone } from './gone.js';
import { processesOf, startedWith, type ProcessEntry } from './table.js';

/** One run of a service. */
export interface Session {
  /** Pid of the leader, number of the session and of its first process group. */
  pid: number;
  start: number;
  /** The environment line (`NAME=value`) that only this run was started with. */
  mark: string;
}

const LONGEST_TIMER = 2 ** 31 - 1; // a longer one fires at once
const NEVER = new AbortController().signal;

/** What still runs of a session; `seen`: members that were found before, completed here. */
export function remains(session: Session, seen: Set<string> = new Set()): ProcessEntry[] {
  const { pid, start, mark } = session;
  const found = processesOf(pid);
  const key = (entry: ProcessEntry): string => `${String(entry.pid)}-${String(entry.start)}`;
  const ours = found.some(
    (entry) =>
      (entry.pid === pid && entry.start === start) ||
      seen.has(key(entry)) ||
      startedWith(entry.pid, mark),
  );
  if (!ours) return [];
  for (const entry of found) seen.add(key(entry));
  return found;
}

// By group: no member can escape by forking meanwhile. A group that this pid namespace does not show
// is 0 here, and kill(2) takes 0 and -1 for more than a group.
function send(signal: NodeJS.Signals, processes: readonly ProcessEntry[]): void {
  for (const group of new Set(processes.map((entry) => entry.group))) {
    if (group <= 1) continue;
    try {
      process.kill(-group, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/**
 * SIGTERM to all of it, SIGKILL to what is left after `grace` ms; resolves when nothing is. Rejects
 * with Node's own error if it may not be signalled.
 */
export async function endSession(session: Session, grace: number): Promise<void> {
  const seen = new Set<string>();
  let left = remains(session, seen);
  if (left.length === 0) return;
  const patience = new AbortController();
  const timer = setTimeout(
    () => {
      patience.abort();
    },
    Math.min(grace, LONGEST_TIMER),
  );
  try {
    send('SIGTERM', left);
    while (left.length > 0) {
      const { aborted } = patience.signal;
      if (aborted) send('SIGKILL', left);
      await allGone(left, aborted ? NEVER : patience.signal);
      left = remains(session, seen);
    }
  } finally {
    clearTimeout(timer);
  }
}
