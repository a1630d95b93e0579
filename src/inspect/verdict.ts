// From what was seen to what it means. Proof, or held: whatever is not proven nobody's is held,
// because killing a service in a critical section is worse than a late update. docs/protocol.md has
// the rules; each branch here is one of them.

import { parseRecord, type LockRecord } from '../lock/record.js';
import type { EmptyPolicy } from '../lock/types.js';
import { KNOWN, ORIGIN, type LockLine, type RawLook, type RawOpener } from '../native.js';
import type { Footprint } from '../peers/types.js';
import { printable } from '../printable.js';
import type { Directories } from './directories.js';
import { processGone, type PidTable } from './liveness.js';
import { named } from './named.js';
import { recognise } from './traces.js';
import type { Evidence, HeldBy, Holder, ObjectType, Verdict } from './types.js';

/** What the one who judges knows beside the look itself. */
export interface Context {
  path: string;
  empty: EmptyPolicy;
  pids: PidTable;
  directories: Directories;
  /** From a watch of the directory; counts only if `id` is that of the file looked at. */
  origin: { id: string; origin: number } | undefined;
  /** Who has the file open, if that was asked, and whether nobody can be missing from the list. */
  openers?: { found: readonly RawOpener[]; complete: boolean };
  /** We hold the kernel locks ourselves, so none of somebody else's can be on it. */
  underLock?: boolean;
  /** The earlier boot in which this very file was on record already. */
  earlierBoot?: string | undefined;
}

export interface Judgement {
  verdict: Verdict;
  by?: HeldBy;
  protocol?: string;
  /** Absent where nothing is at the path. */
  object?: ObjectType;
  record?: LockRecord;
  certainty?: Footprint['certainty'];
  /** Whom the file itself names: somebody's claim, of an unknown pid namespace. */
  named: readonly Holder[];
  evidence: Evidence[];
}

const TYPES: Readonly<Record<number, ObjectType>> = {
  0o010000: 'fifo',
  0o020000: 'character-device',
  0o040000: 'directory',
  0o060000: 'block-device',
  0o100000: 'file',
  0o120000: 'symlink',
  0o140000: 'socket',
};

const HOW_LOCKED: Readonly<Record<string, string>> = {
  'ofd-getlk': 'the kernel reports a record lock on it (F_OFD_GETLK)',
  'proc-locks': '/proc/locks shows a kernel lock on it',
  'flock-probe': 'a flock without waiting was refused (a probe, as asked for)',
};
const HOW_UNLOCKED: Readonly<Record<string, string>> = {
  lease: 'a write lease was granted: nobody has it open, so no kernel lock is on it',
  'flock-probe':
    'a flock without waiting was granted: no kernel lock is on it (a probe, as asked for)',
  open: 'somebody has it open, but no kernel lock shows',
  'no-lease': 'no kernel lock shows on it',
};

const NOBODY: readonly Holder[] = [];

/** Judges one look. Pure but for asking /proc about pids that the file or the kernel names. */
export function judge(look: RawLook, context: Context): Judgement {
  const object = TYPES[look.mode & 0o170000] ?? 'file';
  // One object from the beginning to the end: it is made ten thousand times where so many are judged.
  const judged: Judgement = { verdict: 'held', object, named: NOBODY, evidence: [] };
  if (object === 'file') return judgeFile(look, context, judged);
  return judgeObject(object, look, context, judged);
}

function note({ evidence }: Judgement, kind: string, text: string): void {
  evidence.push({ kind, text });
}

function settle(judged: Judgement, verdict: Verdict, by?: HeldBy): Judgement {
  judged.verdict = verdict;
  if (by !== undefined) judged.by = by;
  return judged;
}

function judgeObject(
  object: ObjectType,
  look: RawLook,
  context: Context,
  judged: Judgement,
): Judgement {
  const target = object === 'symlink' ? ` to '${printable(look.target)}'` : '';
  note(
    judged,
    'object',
    `a ${object}${target}: only an existence locker makes one; never opened or followed`,
  );
  judged.protocol = object;
  whose(recognise(context.path, look, context.directories), context, judged);
  if (context.earlierBoot === undefined) return settle(judged, 'held', 'existence');
  noteEarlierBoot(context.earlierBoot, judged);
  return settle(judged, 'stale');
}

function judgeFile(look: RawLook, context: Context, judged: Judgement): Judgement {
  const parsed = parseRecord(look.content);
  const record = typeof parsed === 'object' ? parsed : undefined;
  const ours = record !== undefined || parsed === 'residue' || look.attribute;
  const footprint = ours ? undefined : recognise(context.path, look, context.directories);
  const protocol = ours ? 'lockbridge' : footprint?.protocol;
  if (record !== undefined) judged.record = record;
  if (protocol !== undefined) judged.protocol = protocol;
  if (footprint !== undefined) judged.certainty = footprint.certainty;

  if (context.underLock !== true) {
    const locked = kernelLock(look, context, judged);
    if (locked === true) {
      judged.protocol ??= kindOf(look, context);
      return settle(judged, 'held', 'kernel');
    }
    if (locked === undefined) return settle(judged, 'held', 'undecidable');
  } else note(judged, 'own-locks', 'we hold its kernel locks ourselves');

  if (parsed === 'residue') {
    note(judged, 'residue-mark', 'it carries the mark that a released lockbridge lock leaves');
    return settle(judged, 'residue');
  }
  if (ours && look.elsewhere && (record === undefined || !processGone(record))) {
    note(
      judged,
      'elsewhere',
      'no kernel lock shows, but on this filesystem one taken through another mount or machine would not, and its holder is not provably gone',
    );
    return settle(judged, 'held', 'undecidable');
  }
  if (ours) {
    if (record !== undefined && context.openers !== undefined)
      note(judged, 'record', context.pids.fateOf(record));
    note(
      judged,
      'own-unlocked',
      'lockbridge made it and always holds a kernel lock: its holder is gone',
    );
    return settle(judged, 'stale');
  }
  if (protocol === 'helios' && !look.elsewhere) {
    note(judged, 'helios-unlocked', 'Helios always holds a flock on its file: its holder is gone');
    return settle(judged, 'stale');
  }
  if (context.origin?.origin === ORIGIN.kernel && context.origin.id === look.id) {
    note(
      judged,
      'lineage',
      'its creation was watched: a kernel locker made it, which leaves no existence lock',
    );
    judged.protocol ??= 'flock';
    return settle(judged, 'residue');
  }
  if (context.earlierBoot !== undefined && !look.elsewhere) {
    noteEarlierBoot(context.earlierBoot, judged);
    return settle(judged, 'stale');
  }
  return foreign(look, context, footprint, judged);
}

// Who made it and whom it names, by its footprint; whether the holder is provably gone.
function whose(footprint: Footprint | undefined, context: Context, judged: Judgement): boolean {
  if (footprint === undefined) return false;
  const { protocol, certainty, text } = footprint;
  note(judged, 'footprint', text);
  const { holders, evidence, dead } = named(footprint, (pid) => context.pids.alive(pid));
  judged.evidence.push(...evidence);
  judged.protocol = protocol;
  judged.certainty = certainty;
  judged.named = holders;
  return dead;
}

function noteEarlierBoot(boot: string, judged: Judgement): void {
  note(
    judged,
    'earlier-boot',
    `this very file was on record under an earlier boot (${boot}): whoever made it is gone`,
  );
}

// Which family of kernel lockers: they do not see each other. Only asking for record locks tells where
// no line shows (F_OFD_GETLK sees no flock).
function kindOf(look: RawLook, { openers }: Context): string {
  const some = (is: (line: LockLine) => boolean): boolean =>
    look.locks.some(is) || openers?.found.some(({ locks }) => locks.some(is)) === true;
  if (some(({ kind }) => kind === 'FLOCK')) return 'flock';
  return KNOWN[look.known] === 'ofd-getlk' || some(() => true) ? 'record lock' : 'flock';
}

// Whether a kernel lock is on the file; undefined if that cannot be told.
function kernelLock(look: RawLook, context: Context, judged: Judgement): boolean | undefined {
  const { openers } = context;
  const how = KNOWN[look.known] ?? 'unknown';
  if (look.locked) note(judged, how, HOW_LOCKED[how] ?? 'a kernel lock is on it');
  const holding = openers?.found.some(({ locks }) => locks.length > 0) === true;
  if (holding)
    note(
      judged,
      'openers',
      'a process that has it open holds a kernel lock on it (its fdinfo says so)',
    );
  if (look.locked || holding) return true;
  if (how === 'unknown') {
    note(judged, 'unreadable', 'it cannot be opened here, so locks on it cannot be ruled out');
    if (look.openError === -16)
      note(
        judged,
        'being-made',
        'its maker has it open right now; not opened, to keep its lineage',
      );
    return undefined;
  }
  note(judged, how, HOW_UNLOCKED[how] ?? 'no kernel lock shows on it');
  if (how === 'lease' || how === 'flock-probe' || openers === undefined) return false;
  if (!openers.complete) {
    note(
      judged,
      'openers-hidden',
      openers.found.length === 0 && how === 'open'
        ? 'the process that has it open is not seen from here, nor whether it holds a lock'
        : 'not every process that may have it open is seen from here, nor whether one holds a lock',
    );
    return undefined;
  }
  note(judged, 'openers', 'every process was looked at: none has a kernel lock on it');
  return false;
}

// A stranger's file without a kernel lock: an existence lock, unless its holder is provably dead.
function foreign(
  look: RawLook,
  context: Context,
  footprint: Footprint | undefined,
  judged: Judgement,
): Judgement {
  const dead = whose(footprint, context, judged);
  if (dead && !look.elsewhere) return settle(judged, 'stale');
  // What a kernel locker leaves (zc.lockfile, filelock) says nothing of an existence lock.
  const leftover = footprint?.leftover === true;
  if (footprint !== undefined && !leftover) return settle(judged, 'held', 'existence');
  if (look.size > 0) {
    if (!leftover) note(judged, 'content', `${String(look.size)} bytes of no known protocol`);
    return settle(judged, 'held', leftover ? 'undecidable' : 'existence');
  }
  if (context.empty === 'free') {
    note(
      judged,
      'policy',
      'empty and unlocked, and the policy says that only kernel lockers live here',
    );
    return settle(judged, 'residue');
  }
  note(
    judged,
    'empty',
    'empty, unlocked, of unknown origin: what a finished flock(1) leaves, and just as well a live lock of npm lockfile or a bare O_EXCL',
  );
  return settle(judged, 'held', 'undecidable');
}
