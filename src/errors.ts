// Every error that lockbridge raises on purpose, in one table: its code, the exit code that the
// command line turns it into (sysexits.h, as flock(1) and lockfile(1) use them), and what it means.

import { constants } from 'node:os';
import type { Inspection } from './inspect/types.js';

/** Exit codes of the command line: those of sysexits.h, and 1 for a conflict as flock(1) has it. */
export const EXIT: {
  /** Done. */
  readonly ok: 0;
  /** Somebody holds the lock. */
  readonly conflict: 1;
  /** EX_USAGE: the command line is wrong. */
  readonly usage: 64;
  /** EX_DATAERR: a configuration or target state is wrong. */
  readonly dataError: 65;
  /** EX_NOINPUT: a path cannot be reached or opened. */
  readonly noInput: 66;
  /** EX_UNAVAILABLE: a program, the addon or the supervisor is not there. */
  readonly unavailable: 69;
  /** EX_OSERR: the system ran out of something, or lacks it. */
  readonly osError: 71;
  /** EX_CANTCREAT: the lock file cannot be created. */
  readonly cantCreate: 73;
  /** EX_NOPERM: the key does not open this. */
  readonly noPermission: 77;
} = {
  ok: 0,
  conflict: 1,
  usage: 64,
  dataError: 65,
  noInput: 66,
  unavailable: 69,
  osError: 71,
  cantCreate: 73,
  noPermission: 77,
};

/** What each exit code of the command line says; the help, the man pages and the documents quote it. */
export const EXIT_MEANINGS: { readonly [name in keyof typeof EXIT]: string } = {
  ok: 'done (status: nothing is held)',
  conflict:
    'conflict: held by somebody else, or still held when the time ran out (doctor: a guarantee is missing)',
  usage: 'usage: an option or a path is not usable',
  dataError: 'a configuration or target state is not usable',
  noInput: "the lock's directory cannot be reached or the file may not be opened",
  unavailable:
    'the command cannot be executed, there is no addon for this machine, or no supervisor or no store answers',
  osError: 'the system ran out of something, or has no such lock',
  cantCreate: 'the lock file cannot be created (read-only, full, name too long)',
  noPermission: 'no key for the supervisor, or one that does not open this',
};

/** The codes of {@link LockError} and the exit code that each one ends the command line with. */
export const LOCK_ERROR_CODES: {
  readonly [code in LockErrorCode]: {
    /** What the command line ends with. */
    exit: number;
    /** For people. */
    meaning: string;
  };
} = {
  ERR_LOCK_HELD: { exit: EXIT.conflict, meaning: 'somebody else holds the lock' },
  ERR_LOCK_CHANGED: {
    exit: EXIT.conflict,
    meaning: 'the lock that was to be broken is no longer the one at the path',
  },
  ERR_LOCK_TIMEOUT: { exit: EXIT.conflict, meaning: 'still held when the time ran out' },
  ERR_LOCK_ABORTED: { exit: EXIT.conflict, meaning: 'the wait was aborted by its signal' },
  ERR_INVALID_ARGUMENT: { exit: EXIT.usage, meaning: 'an option or a path is not usable' },
  ERR_LOCK_PATH: { exit: EXIT.noInput, meaning: 'the parent of the path cannot be reached' },
  ERR_LOCK_PERMISSION: { exit: EXIT.noInput, meaning: 'not permitted to open or take the file' },
  ERR_LOCK_CREATE: { exit: EXIT.cantCreate, meaning: 'the lock file cannot be created there' },
  ERR_LOCK_SYSTEM: { exit: EXIT.osError, meaning: 'the system ran out of something' },
  ERR_LOCK_UNSUPPORTED: {
    exit: EXIT.osError,
    meaning: 'this filesystem or kernel has no such lock',
  },
  ERR_COMMAND: { exit: EXIT.unavailable, meaning: 'the command cannot be executed' },
  ERR_ADDON_MISSING: { exit: EXIT.unavailable, meaning: 'no native addon for this machine' },
  ERR_UPDATES_LOCKED: { exit: EXIT.conflict, meaning: 'services of the app hold update locks' },
  ERR_TARGET: { exit: EXIT.dataError, meaning: 'a configuration or target state is not usable' },
  ERR_NOT_FOUND: { exit: EXIT.noInput, meaning: 'the supervisor knows no such app or service' },
  ERR_NOT_CONFIGURED: { exit: EXIT.unavailable, meaning: 'nothing is configured that does this' },
  ERR_SERVICE: {
    exit: EXIT.unavailable,
    meaning: 'a service cannot be fetched, started or stopped',
  },
  ERR_UNAUTHORIZED: { exit: EXIT.noPermission, meaning: 'no key, or one that does not open this' },
  ERR_SUPERVISOR: { exit: EXIT.unavailable, meaning: 'no supervisor answers' },
  ERR_FLEET_STORE: {
    exit: EXIT.unavailable,
    meaning:
      'the store of a fleet server (etcd, or its state file) does not answer or is not usable',
  },
};

/** What went wrong, for programs. {@link LOCK_ERROR_CODES} has the meaning of each. */
export type LockErrorCode =
  | 'ERR_LOCK_HELD'
  | 'ERR_LOCK_CHANGED'
  | 'ERR_LOCK_TIMEOUT'
  | 'ERR_LOCK_ABORTED'
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_LOCK_PATH'
  | 'ERR_LOCK_PERMISSION'
  | 'ERR_LOCK_CREATE'
  | 'ERR_LOCK_SYSTEM'
  | 'ERR_LOCK_UNSUPPORTED'
  | 'ERR_COMMAND'
  | 'ERR_ADDON_MISSING'
  | 'ERR_UPDATES_LOCKED'
  | 'ERR_TARGET'
  | 'ERR_NOT_FOUND'
  | 'ERR_NOT_CONFIGURED'
  | 'ERR_SERVICE'
  | 'ERR_UNAUTHORIZED'
  | 'ERR_SUPERVISOR'
  | 'ERR_FLEET_STORE';

/** What a {@link LockError} carries beside its message; all optional but the code. */
export interface LockErrorDetails {
  /** The path in question. */
  path?: string;
  /** The system call that failed, e.g. `linkat`. */
  syscall?: string;
  /** Positive errno and its name, as Node's own errors have them (errno negative there). */
  errno?: number;
  /** Everybody who stood in the way, for contention errors. */
  blockers?: readonly Inspection[];
  /** The error behind it. */
  cause?: unknown;
}

// libuv's table knows neither ENOLCK nor EDQUOT; the platform's does. Two names of one number: the
// one that the manual pages use.
/** The name of a positive errno. */
export function errnoName(errno: number): string {
  if (errno === constants.errno.EOPNOTSUPP) return 'EOPNOTSUPP';
  if (errno === constants.errno.EAGAIN) return 'EAGAIN';
  const found = Object.entries(constants.errno).find(([, number]) => number === errno);
  return found?.[0] ?? `errno ${String(errno)}`;
}

const BRAND = Symbol.for('lockbridge.LockError');

/**
 * The one error class. `code` is one of {@link LOCK_ERROR_CODES}; `message` is a single line that
 * says what, where, why and what to do; `errno`/`errnoName`/`syscall`/`path` are those of the
 * system call where one failed; `blockers` lists every lock in the way (contention only).
 */
export class LockError extends Error {
  /** Always `LockError`. */
  override readonly name = 'LockError';
  /** What went wrong, for programs. */
  readonly code: LockErrorCode;
  /** The path in question. */
  readonly path: string | undefined;
  /** The system call that failed. */
  readonly syscall: string | undefined;
  /** Its positive errno. */
  readonly errno: number | undefined;
  /** The name of `errno`, e.g. `ENOSPC`. */
  readonly errnoName: string | undefined;
  /** Every lock in the way; empty but for contention. */
  readonly blockers: readonly Inspection[];

  constructor(code: LockErrorCode, message: string, details: LockErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
    this.syscall = details.syscall;
    this.errno = details.errno;
    this.errnoName = details.errno === undefined ? undefined : errnoName(details.errno);
    this.blockers = details.blockers ?? [];
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** The exit code that the command line ends with for this error. */
  get exitCode(): number {
    return LOCK_ERROR_CODES[this.code].exit;
  }

  /** True for LockErrors of any realm or copy of this package. */
  static is(value: unknown): value is LockError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

const WHY: Readonly<Record<string, [LockErrorCode, string]>> = {
  ENOENT: ['ERR_LOCK_PATH', 'its directory does not exist; create it first'],
  ENOTDIR: ['ERR_LOCK_PATH', 'a part of its path is not a directory'],
  ELOOP: ['ERR_LOCK_PATH', 'too many symbolic links on the way to it'],
  EACCES: [
    'ERR_LOCK_PERMISSION',
    'not permitted for this user; check owner and mode of the directory and file',
  ],
  EPERM: [
    'ERR_LOCK_PERMISSION',
    'not permitted for this user; creating a file for another owner needs root',
  ],
  EROFS: ['ERR_LOCK_CREATE', 'the filesystem is mounted read-only'],
  ENOSPC: ['ERR_LOCK_CREATE', 'no space is left on the filesystem; free some'],
  EDQUOT: ['ERR_LOCK_CREATE', 'the disk quota is used up'],
  ENAMETOOLONG: ['ERR_LOCK_CREATE', 'the name is longer than the filesystem allows'],
  EMFILE: ['ERR_LOCK_SYSTEM', 'this process has no descriptor left; raise `ulimit -n`'],
  ENFILE: ['ERR_LOCK_SYSTEM', 'the machine has no descriptor left'],
  ENOMEM: ['ERR_LOCK_SYSTEM', 'no memory is left'],
  ENOLCK: ['ERR_LOCK_UNSUPPORTED', 'the kernel has no lock to give here'],
  EINVAL: ['ERR_LOCK_UNSUPPORTED', 'this filesystem does not know such a lock'],
  ENOSYS: ['ERR_LOCK_UNSUPPORTED', 'this kernel does not know such a lock'],
  EOPNOTSUPP: ['ERR_LOCK_UNSUPPORTED', 'this filesystem does not support it'],
};

/** Builds the LockError for a negative errno that a native call on `path` returned. */
export function fromErrno(result: number, syscall: string, path: string): LockError {
  const errno = -result;
  const name = errnoName(errno);
  const [code, why] = WHY[name] ?? ['ERR_LOCK_SYSTEM', 'the system call failed'];
  return new LockError(code, `cannot lock '${path}': ${why} (${syscall}: ${name})`, {
    path,
    syscall,
    errno,
  });
}

/** The LockError for an argument that is not usable; `what` names it, `expected` says its shape. */
export function invalid(what: string, expected: string, got: unknown): LockError {
  const shown = typeof got === 'string' ? JSON.stringify(got) : String(got);
  return new LockError('ERR_INVALID_ARGUMENT', `${what} must be ${expected}, not ${shown}`);
}
