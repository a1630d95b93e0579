// Who holds, who waits, who only has the file open: from the lock lines of every descriptor (fdinfo),
// which name all processes that share an open file description, and from /proc/locks, which alone
// knows the waiters and which may be the only one to answer where descriptors are hidden.

import { native, type LockLine, type RawLook, type RawOpener } from '../native.js';
import type { Processes } from './process.js';
import type { Holder } from './types.js';

const SOURCES: Readonly<Record<string, Holder['source']>> = {
  FLOCK: 'flock',
  POSIX: 'posix',
  OFDLCK: 'ofd',
};

function lockOf(line: LockLine): Pick<Holder, 'source' | 'mode' | 'range'> {
  const whole = line.from === '0' && line.to === 'EOF';
  return {
    source: SOURCES[line.kind] ?? 'flock',
    mode: line.write ? 'exclusive' : 'shared',
    ...(!whole && { range: `${line.from}-${line.to}` }),
  };
}

const sameLock = (a: LockLine, b: LockLine): boolean =>
  a.kind === b.kind && a.write === b.write && a.from === b.from && a.to === b.to;

// The process whose number the lock bears comes first: it took the lock, the others inherited it.
function byTaker(openers: readonly RawOpener[]): RawOpener[] {
  const took = (opener: RawOpener): number => (opener.locks[0]?.pid === opener.pid ? 0 : 1);
  return openers.toSorted((a, b) => took(a) - took(b));
}

/** Everybody that /proc shows with the file, in the order: holders, waiters, mere openers. */
export function holdersOf(
  look: Pick<RawLook, 'locks'>,
  openers: readonly RawOpener[],
  processes: Processes,
): Holder[] {
  if (openers.length === 0 && look.locks.length === 0) return [];
  const holders: Holder[] = [];
  const first: [RawOpener, LockLine][] = [];
  const shown = new Set<string>();
  for (const opener of byTaker(openers))
    for (const line of opener.locks) {
      const key = `${String(opener.pid)} ${line.kind} ${line.from}`;
      if (shown.has(key)) continue;
      shown.add(key);
      const other = first.find(
        ([o, l]) =>
          line.kind !== 'POSIX' && // a record lock belongs to the process, whatever it shares
          sameLock(l, line) &&
          o.pid !== opener.pid &&
          native.sameDescription(opener.pid, opener.fd, o.pid, o.fd) === 1,
      );
      if (other === undefined) first.push([opener, line]);
      holders.push({
        ...processes.info(opener.pid),
        role: 'holds',
        ...lockOf(line),
        ...(other !== undefined && { sharedWith: other[0].pid }),
        alive: true,
      });
    }
  const known = new Set(holders.map(({ pid }) => pid));
  const waiting: Holder[] = [];
  for (const line of look.locks) {
    if (line.pid <= 0) continue; // -1: an OFD lock has no pid; 0: outside this pid namespace
    // A lock whose taker exited is held by those that inherited it: they are listed already.
    if (!line.waiting && holders.some((h) => h.source === SOURCES[line.kind])) continue;
    if (!line.waiting && known.has(line.pid)) continue;
    known.add(line.pid);
    const info = processes.info(line.pid);
    (line.waiting ? waiting : holders).push({
      ...info,
      role: line.waiting ? 'waits' : 'holds',
      ...lockOf(line),
      alive: info.command !== undefined, // one who took a flock may have exited and left it behind
    });
  }
  const open = new Set(openers.map(({ pid }) => pid).filter((pid) => !known.has(pid)));
  const openOnly = [...open].map((pid): Holder => ({
    ...processes.info(pid),
    role: 'open',
    source: 'descriptor',
    alive: true,
  }));
  return [...holders, ...waiting, ...openOnly];
}
