// Who holds, who waits, who only has the file open: from the lock lines of every descriptor (fdinfo),
// which name all processes that share an open file description, and from /proc/locks, which alone
// knows the waiters and which may be the only one to answer where descriptors are hidden.

import { native, type LockLine, type RawLook, type RawOpener } from '../native.js';
import type { Processes } from './process.js';
import type { Holder, ProcessInfo } from './types.js';

const SOURCES: Readonly<Record<string, Holder['source']>> = {
  FLOCK: 'flock',
  POSIX: 'posix',
  OFDLCK: 'ofd',
};

// The last holder that was made of a process: many locks of one differ in nothing, and a copy of the
// whole takes a tenth of the time.
const latest = new WeakMap<ProcessInfo, { line: LockLine; holder: Holder }>();

function holderOf(
  info: ProcessInfo,
  role: 'holds' | 'waits',
  line: LockLine,
  alive: boolean,
  sharedWith?: number,
): Holder {
  const before = latest.get(info);
  if (before?.line === line && isSuch(before.holder, role, alive, sharedWith))
    return { ...before.holder };
  const whole = line.from === '0' && line.to === 'EOF';
  const holder: Holder = {
    ...info,
    role,
    source: SOURCES[line.kind] ?? 'flock',
    mode: line.write ? 'exclusive' : 'shared',
    ...(!whole && { range: `${line.from}-${line.to}` }),
    ...(sharedWith !== undefined && { sharedWith }),
    alive,
  };
  latest.set(info, { line, holder });
  return { ...holder };
}

const isSuch = (
  holder: Holder,
  role: Holder['role'],
  alive: boolean,
  sharedWith: number | undefined,
): boolean => holder.role === role && holder.alive === alive && holder.sharedWith === sharedWith;

const sameLock = (a: LockLine, b: LockLine): boolean =>
  a.kind === b.kind && a.write === b.write && a.from === b.from && a.to === b.to;

// Where kcmp(2) cannot tell (one is just exiting, belongs to somebody else, or the kernel has none), an
// exclusive lock tells: there is one such lock on a file, so whoever shows it shares its description.
function areOne(a: RawOpener, b: RawOpener, line: LockLine): boolean {
  const told = native.sameDescription(a.pid, a.fd, b.pid, b.fd);
  return told < 0 ? line.write : told === 1;
}

// The process whose number the lock bears comes first: it took the lock, the others inherited it.
function byTaker(openers: readonly RawOpener[]): readonly RawOpener[] {
  if (openers.length < 2) return openers;
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
  const holders = byDescriptors(openers, processes);
  const known = new Set<number>();
  for (const { pid } of holders) known.add(pid);
  const waiting: Holder[] = [];
  for (const line of look.locks) {
    if (line.pid <= 0) continue; // -1: an OFD lock has no pid; 0: outside this pid namespace
    // A lock whose taker exited is held by those that inherited it: they are listed already.
    if (!line.waiting && holders.some((h) => h.source === SOURCES[line.kind])) continue;
    if (!line.waiting && known.has(line.pid)) continue;
    known.add(line.pid);
    const info = processes.info(line.pid);
    const alive = info.command !== undefined; // one who took a flock may have exited and left it behind
    if (line.waiting) waiting.push(holderOf(info, 'waits', line, alive));
    else holders.push(holderOf(info, 'holds', line, alive));
  }
  for (const waiter of waiting) holders.push(waiter);
  for (const { pid } of openers) {
    if (known.has(pid)) continue;
    known.add(pid);
    holders.push({ ...processes.info(pid), role: 'open', source: 'descriptor', alive: true });
  }
  return holders;
}

// Those whose descriptors say that they hold.
function byDescriptors(openers: readonly RawOpener[], processes: Processes): Holder[] {
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
          areOne(opener, o, line),
      );
      if (other === undefined) first.push([opener, line]);
      holders.push(holderOf(processes.info(opener.pid), 'holds', line, true, other?.[0].pid));
    }
  return holders;
}
