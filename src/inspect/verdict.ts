// From what was seen to what it means. Proof, or held: whatever is not proven nobody's is held,
// because killing a service in a critical section is worse than a late update. docs/protocol.md has
// the rules; each branch here is one of them.

import { KNOWN, ORIGIN, type RawLook } from '../native.js';
import { parseRecord, printable } from '../lock/record.js';
import type { EmptyPolicy } from '../lock/types.js';
import type { Footprint } from '../peers/types.js';
import type { Directories } from './directories.js';
import { commandOf, processGone, seesEveryProcess } from './liveness.js';
import { named } from './named.js';
import { recognise } from './traces.js';
import type { Evidence, Holder, Inspection, ObjectType } from './types.js';

/** What the one who judges knows beside the look itself. */
export interface Context {
  path: string;
  empty: EmptyPolicy;
  /** From a watch of the directory; counts only if `id` is that of the file looked at. */
  origin: { id: string; origin: number } | undefined;
  /** We hold the kernel locks ourselves, so none of somebody else's can be on it. */
  underLock?: boolean;
  /** Shared by the paths of one inspection. */
  directories?: Directories;
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
  openers: 'a process that has it open holds a kernel lock on it (fdinfo)',
  'flock-probe': 'a flock without waiting was refused (last resort; nothing else could tell)',
};
const HOW_UNLOCKED: Readonly<Record<string, string>> = {
  lease: 'a write lease was granted: nobody has it open, so no kernel lock is on it',
  'flock-probe': 'a flock without waiting was granted: no kernel lock is on it',
  openers: 'every process that has it open was looked at: none holds a kernel lock on it',
  open: 'somebody has it open, but no kernel lock shows',
};

const SOURCES: Readonly<Record<string, Holder['source']>> = {
  FLOCK: 'flock',
  POSIX: 'posix',
  OFDLCK: 'ofd',
};

function kernelHolders(look: RawLook): Holder[] {
  const seen = new Map<number, Holder>();
  for (const { kind, pid, waiting } of look.locks) {
    if (pid <= 0 || seen.has(pid)) continue; // -1: an OFD lock has no pid of its own
    const holder: Holder = {
      pid,
      role: waiting ? 'waits' : 'holds',
      source: SOURCES[kind] ?? 'flock',
    };
    const command = commandOf(pid);
    if (command !== undefined) holder.command = command;
    seen.set(pid, holder);
  }
  return [...seen.values()];
}

/** Judges one look. Pure but for asking /proc about pids that the file or the kernel names. */
export function judge(look: RawLook, context: Context): Inspection {
  const { path } = context;
  const evidence: Evidence[] = [];
  const note = (kind: string, text: string): void => void evidence.push({ kind, text });
  const type = TYPES[look.mode & 0o170000] ?? 'file';
  const base = {
    path,
    object: type,
    id: look.id,
    holders: kernelHolders(look),
    orphans: [],
    unseen: [],
    actions: [],
    evidence,
  };

  if (type !== 'file') {
    const target = type === 'symlink' ? ` to '${printable(look.target)}'` : '';
    note(
      'object',
      `a ${type}${target}: only an existence locker makes one; never opened or followed`,
    );
    const footprint = recognise(path, look, context.directories);
    const whose = whoseObject(footprint, base, note);
    return { ...whose, verdict: 'held', by: 'existence', advice: REMOVE };
  }

  const parsed = parseRecord(look.content);
  const record = typeof parsed === 'object' ? parsed : undefined;
  const ours = record !== undefined || parsed === 'residue' || look.attribute;
  const footprint = ours ? undefined : recognise(path, look, context.directories);
  const protocol = ours ? 'lockbridge' : footprint?.protocol;
  const known = {
    ...base,
    ...(record && { record }),
    ...(protocol !== undefined && { protocol }),
    ...(footprint && { certainty: footprint.certainty }),
  };

  const how = KNOWN[look.known] ?? 'unknown';
  if (look.locked && context.underLock !== true) {
    note(how, HOW_LOCKED[how] ?? 'a kernel lock is on it');
    if (base.holders.length === 0)
      note(
        'invisible',
        'its holder is not shown here: an OFD lock, or a process outside this pid namespace',
      );
    return { ...known, protocol: protocol ?? 'flock', verdict: 'held', by: 'kernel', advice: WAIT };
  }
  if (how === 'unknown' && context.underLock !== true) return unseen(look, known, note);
  // Not every opener can be seen from a container: then one of them may hold a lock.
  if (how === 'openers' && !seesEveryProcess()) {
    note(
      'open',
      'somebody has it open, and whether it is locked cannot be told from this pid namespace',
    );
    return { ...known, verdict: 'held', by: 'undecidable', advice: WAIT };
  }
  note(how, HOW_UNLOCKED[how] ?? 'we hold its kernel locks ourselves');

  if (parsed === 'residue') {
    note('residue-mark', 'it carries the mark that a released lockbridge lock leaves');
    return { ...known, verdict: 'residue', advice: TAKE };
  }
  if (ours && look.elsewhere && (record === undefined || !processGone(record))) {
    note(
      'elsewhere',
      'no kernel lock shows, but on this filesystem one taken through another mount or machine would not, and its holder is not provably gone',
    );
    return { ...known, verdict: 'held', by: 'undecidable', advice: REMOVE };
  }
  if (ours) {
    note('own-unlocked', 'lockbridge made it and always holds a kernel lock: its holder is gone');
    return { ...known, verdict: 'stale', advice: TAKE };
  }
  if (protocol === 'helios') {
    note('helios-unlocked', 'Helios always holds a flock on its file: its holder is gone');
    return { ...known, verdict: 'stale', advice: TAKE };
  }
  if (context.origin?.origin === ORIGIN.kernel && context.origin.id === look.id) {
    note(
      'lineage',
      'its creation was watched: a kernel locker made it, which leaves no existence lock',
    );
    return { ...known, verdict: 'residue', protocol: protocol ?? 'flock', advice: TAKE };
  }
  return foreign(look, { ...context, footprint }, known, note);
}

// A directory or symbolic link is an existence lock whoever made it; the footprint says who.
function whoseObject(footprint: Footprint | undefined, base: Known, note: Note): Known {
  if (footprint === undefined) return { ...base, protocol: base.object ?? 'file' };
  const { protocol, certainty, text } = footprint;
  note('footprint', text);
  const { holders, evidence } = named(footprint);
  base.evidence.push(...evidence);
  return { ...base, protocol, certainty, holders: [...base.holders, ...holders] };
}

type Known = Omit<Inspection, 'verdict'>;
type Note = (kind: string, text: string) => void;

// Not openable for us: only what the name and /proc say.
function unseen(look: RawLook, known: Known, note: Note): Inspection {
  note('unreadable', 'it cannot be opened here, so locks on it cannot be ruled out');
  if (look.openError === -16)
    note('being-made', 'its maker has it open right now; not opened, to keep its lineage');
  return { ...known, verdict: 'held', by: 'undecidable', advice: WAIT };
}

// A stranger's file without a kernel lock: an existence lock, unless its holder is provably dead.
function foreign(
  look: RawLook,
  context: Context & { footprint: Footprint | undefined },
  known: Known,
  note: Note,
): Inspection {
  const { footprint } = context;
  if (footprint !== undefined) {
    note('footprint', footprint.text);
    const { holders, evidence, dead } = named(footprint);
    known.evidence.push(...evidence);
    known = { ...known, holders: [...known.holders, ...holders] };
    if (dead && !look.elsewhere) return { ...known, verdict: 'stale', advice: TAKE };
    if (footprint.leftover !== true)
      return { ...known, verdict: 'held', by: 'existence', advice: REMOVE };
    if (look.size > 0) return { ...known, verdict: 'held', by: 'undecidable', advice: REMOVE };
  }
  if (look.size > 0) {
    note('content', `${String(look.size)} bytes of no known protocol`);
    return { ...known, verdict: 'held', by: 'existence', advice: REMOVE };
  }
  if (context.empty === 'free') {
    note('policy', 'empty and unlocked, and the policy says that only kernel lockers live here');
    return { ...known, verdict: 'residue', advice: TAKE };
  }
  note(
    'empty',
    'empty, unlocked, of unknown origin: what a finished flock(1) leaves, and just as well a live lock of npm lockfile or a bare O_EXCL',
  );
  return { ...known, verdict: 'held', by: 'undecidable', advice: UNDECIDED };
}

const WAIT =
  'wait for the holder: `lockbridge wait PATH`, or take it over with `lockbridge break --force PATH`';
const TAKE =
  'nothing to do: the next lockbridge taker adopts it; `lockbridge break PATH` removes it';
const REMOVE =
  'wait for its maker to remove it; if you know that the maker is gone, `lockbridge break --force PATH`';
const UNDECIDED =
  'if only kernel lockers (flock, lockf) use this path, say so with --empty=free; else `lockbridge break --force PATH` once you know that its maker is gone';
