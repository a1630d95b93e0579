// The record in a lock file: who holds it, since when and why, for people and for peers that read a
// pid. Two lines of ASCII, at most 512 bytes; see docs/protocol.md for why the first one says "1".
// A record is a hint and untrusted input: only the kernel lock proves that somebody holds.

import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { ownerIdentity } from '../env.js';
import { native } from '../native.js';
import { printable } from '../printable.js';

export { printable };

/** Who took a lock. `start`: field 22 of /proc/PID/stat; `pidns`: inode of the pid namespace. */
export interface LockRecord {
  /** The version of the format. */
  lockbridge: 1;
  /** In its own pid namespace. */
  pid: number;
  /** Clock ticks since boot at which the process started: tells it from a later one with its number. */
  start: number;
  /** 0 where /proc could not be read. */
  pidns: number;
  /** `/proc/sys/kernel/random/boot_id` of the boot under which it was taken. */
  boot: string;
  /** For people: container host names repeat. */
  host: string;
  /** Who took it. */
  uid: number;
  /** The first four words of the command line, cut at 80 bytes. */
  cmd: string;
  /** What was given as `reason`; empty if nothing was. */
  reason: string;
  /** Set by the operator (LOCKBRIDGE_OWNER), because container host names all look alike. */
  owner?: string;
  /** Whoever holds it says that it is a supervisor: a claim, see inspect/supervisor.ts. */
  role?: 'supervisor';
  /** RFC 3339. */
  since: string;
}

const ROOM = { host: 64, cmd: 80, reason: 100, owner: 40 };

const PLAIN = /^[ !#-[\]-~]*$/; // nothing to escape

// JSON in ASCII, cut so that the escaped text has at most `room` bytes.
function quote(text: string, room: number): string {
  if (text.length <= room && PLAIN.test(text)) return `"${text}"`;
  let out = '';
  for (const unit of text.split('')) {
    const code = unit.charCodeAt(0);
    const escaped =
      code < 0x7f ? JSON.stringify(unit).slice(1, -1) : `\\u${code.toString(16).padStart(4, '0')}`;
    if (out.length + escaped.length > room) break;
    out += escaped;
  }
  return `"${out}"`;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return ''; // no /proc: the fields are for people
  }
}

// The command in parentheses may contain anything, so fields are counted from the last ")".
export function startTime(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 0) || 0;
}

function pidNamespace(): number {
  try {
    return statSync('/proc/self/ns/pid').ino;
  } catch {
    return 0;
  }
}

let cached: string | undefined;

// What does not change while this process lives, as the front of the JSON. Made once: reading the
// environment alone costs as much as a system call.
function head(): string {
  if (cached !== undefined) return cached;
  const owner = ownerIdentity();
  const uid = process.getuid?.() ?? 0;
  const boot = read('/proc/sys/kernel/random/boot_id').slice(0, 36);
  cached =
    `1\n{"lockbridge":1,"pid":${String(process.pid)},"start":${String(startTime(read('/proc/self/stat')))},` +
    `"pidns":${String(pidNamespace())},"boot":${quote(boot, 36)},"host":${quote(hostname(), ROOM.host)},` +
    `"uid":${String(uid)},"cmd":${quote(process.argv.slice(0, 4).join(' '), ROOM.cmd)}` +
    (owner === undefined ? '' : `,"owner":${quote(owner, ROOM.owner)}`);
  // One flat string instead of a rope of concatenations, which every call into C++ would walk again.
  cached = Buffer.from(cached, 'latin1').toString('latin1');
  return cached;
}

let second = -1;
let secondText = '';

// RFC 3339 to the millisecond. Formatting a whole date costs as much as two system calls, so the
// part that changes once a second is kept.
function timestamp(): string {
  const now = Date.now();
  const whole = Math.floor(now / 1000);
  if (whole !== second) {
    second = whole;
    secondText = new Date(whole * 1000).toISOString().slice(0, 20);
  }
  return `${secondText}${String(now % 1000).padStart(3, '0')}Z`;
}

const SUPERVISOR = ',"role":"supervisor"';

/** What stands behind the time in a record. */
export const RECORD_END = '"}\n';

/** A record of this process as far as the time, which whoever takes the lock adds. */
export function recordFront(reason: string, role?: LockRecord['role']): string {
  const claim = role === undefined ? '' : SUPERVISOR; // takes its room from the reason's
  const why = reason === '' ? '""' : quote(reason, ROOM.reason - claim.length);
  return `${head()}${claim},"reason":${why},"since":"`;
}

/** The bytes of a record of this process, taken now. */
export function makeRecord(reason: string, role?: LockRecord['role']): string {
  return `${recordFront(reason, role)}${timestamp()}${RECORD_END}`;
}

const FRONT = '1\n{"lockbridge":1,';

/** What a file's first 512 bytes say, when they are lockbridge's: a record, or the residue mark. */
export function parseRecord(content: string): LockRecord | 'residue' | undefined {
  if (!content.startsWith(FRONT)) return undefined;
  if (content.startsWith(native.residueMark)) return 'residue';
  const end = content.indexOf('\n', FRONT.length);
  let value: unknown;
  try {
    value = JSON.parse(content.slice(2, end === -1 ? undefined : end));
  } catch {
    return undefined;
  }
  return checked(value as Record<string, unknown>);
}

// Every field is somebody's claim: only the right types pass, the rest is what "unknown" looks like.
function checked(raw: Record<string, unknown>): LockRecord {
  const number = (key: string): number => (Number.isSafeInteger(raw[key]) ? Number(raw[key]) : 0);
  const text = (key: string): string => (typeof raw[key] === 'string' ? printable(raw[key]) : '');
  const record: LockRecord = {
    lockbridge: 1,
    pid: number('pid'),
    start: number('start'),
    pidns: number('pidns'),
    boot: text('boot'),
    host: text('host'),
    uid: number('uid'),
    cmd: text('cmd'),
    reason: text('reason'),
    since: text('since'),
  };
  if (typeof raw['owner'] === 'string') record.owner = printable(raw['owner']);
  if (raw['role'] === 'supervisor') record.role = raw['role'];
  return record;
}
