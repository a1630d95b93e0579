// What an inspection says, as data: the shapes that the library returns and `--json` prints.

import type { LockRecord } from '../lock/record.js';

/** What is at a path: nothing, somebody's lock, a dead holder's, or what a kernel locker left. */
export type Verdict = 'free' | 'held' | 'stale' | 'residue';

/** How a `held` verdict is known. */
export type HeldBy = 'kernel' | 'existence' | 'undecidable';

/** One fact behind a verdict: a machine-readable kind and a sentence for people. */
export interface Evidence {
  /** Stable, for programs: `kernel-lock`, `record`, `empty`, … */
  kind: string;
  /** One sentence, for people. */
  text: string;
}

/** The container that a process runs in, from its cgroup; the rest from the engine's socket. */
export interface Container {
  /** What made it, as its cgroup tells: `docker`, `podman`, `containerd`, `crio`, `lxc`, `nspawn`. */
  engine: string;
  /** 64 hexadecimal digits for most engines, a name for lxc and nspawn. */
  id: string;
  /** As the engine knows it; needs its socket. */
  name?: string;
  /** What it was made from; needs the engine's socket. */
  image?: string;
  /** The service that the engine's labels name (balena, Compose). */
  service?: string;
}

/** A process as /proc shows it. What cannot be read is absent. */
export interface ProcessInfo {
  /** Its number here. */
  pid: number;
  /** Its numbers from this pid namespace inwards; the last is what it calls itself. */
  nspid?: number[];
  /** Its command line, made printable and cut. */
  command?: string;
  /** Its user, as seen from here. */
  uid?: number;
  /** The name of `uid` here; absent for a process in a container, whose names are its own. */
  user?: string;
  /** RFC 3339, from the time since boot, so a clock that jumped does not matter. */
  started?: string;
  /** Where its cgroup shows one. */
  container?: Container;
  /** The systemd unit that it runs in, e.g. `ssh.service`. */
  unit?: string;
}

/** A process that the kernel or a lock file names. `role` says what it does with the lock. */
export interface Holder extends ProcessInfo {
  /** `open`: it has the file open without a lock that shows. */
  role: 'holds' | 'waits' | 'named' | 'open';
  /** The kernel lock, `record` for a name written in the file, `descriptor` for a mere opener. */
  source: 'flock' | 'posix' | 'ofd' | 'record' | 'descriptor';
  /** Of a kernel lock. */
  mode?: 'exclusive' | 'shared';
  /** Bytes of a record lock that is not on the whole file, as `/proc/locks` has them: `0-0`. */
  range?: string;
  /** It holds by the open file description of this process (a child inherits it; kcmp(2) tells). */
  sharedWith?: number;
  /** Whether a process of that number exists here; undefined where it cannot be known. */
  alive?: boolean;
}

/** What kind of object is at a path, as lstat(2) tells. */
export type ObjectType =
  'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character-device' | 'block-device';

/**
 * Since when, and what that is known from: a record, the file's birth or last change, or, for a
 * kernel lock on an older file, the start of its holder's process (not before then).
 */
export interface Since {
  /** RFC 3339. */
  at: string;
  /** What it is known from. */
  from: 'record' | 'birth' | 'change' | 'process';
}

/** What a filesystem or host does with locks that a person would not expect, and what that costs. */
export interface Trap {
  /** Which trap: see `docs/debugging.md`. */
  id: 'filesystem' | 'read-only' | 'sticky' | 'leases' | 'nameless';
  /** What is so, in one sentence. */
  text: string;
  /** What that costs whoever locks here. */
  cost: string;
  /** What helps, if anything does. */
  remedy?: string;
}

/** One way out: what the person can do, the command for it if there is one, what it risks. */
export interface Action {
  /** For programs that choose among them. */
  kind: 'wait' | 'ask' | 'break' | 'policy' | 'fix' | 'look' | 'nothing';
  /** For people, in the imperative. */
  text: string;
  /** As words of a command line, never for a shell. */
  command?: string[];
  /** What can go wrong; absent where nothing can. */
  risk?: string;
}

/** The answer of `inspect(path)`. */
export interface Inspection {
  /** As it was asked for. */
  path: string;
  /** What is there; `held` also where that cannot be decided. */
  verdict: Verdict;
  /** Only with `held`. */
  by?: HeldBy;
  /** Which protocol made the file, from its footprint, e.g. `flock`, `procmail`, `lockbridge`. */
  protocol?: string;
  /** How far the footprint is to be trusted. */
  certainty?: 'sure' | 'likely' | 'guess';
  /** What is at the path; absent when free. */
  object?: ObjectType;
  /** Identity of the inode: `dev:ino@birth`. Quote it to break the lock that you saw. */
  id?: string;
  /** Who holds it, then who waits, in the kernel's order, then who is named in the file. */
  holders: Holder[];
  /** Processes that hold a lock on a file that is no longer at the path: it protects nothing. */
  orphans: Holder[];
  /** The lockbridge record in the file, if there is one: a hint, never proof. */
  record?: LockRecord;
  /** Since when it is held, or has been there. */
  since?: Since;
  /** Change time of the inode in milliseconds; with `id` it tells this very file over a reboot. */
  changed?: number;
  /** The supervised service whose lock directory this is. */
  service?: {
    /** The id of its app. */
    app: string;
    /** Its name. */
    service: string;
  };
  /** What the verdict rests on, the strongest first. */
  evidence: Evidence[];
  /** Containers that can have made it, where nothing says who did. Only from `inspect`. */
  reach?: Container[];
  /** What this filesystem or host does with locks. Only from `inspect`. */
  traps?: Trap[];
  /** What cannot be seen from here, in sentences. */
  unseen: string[];
  /** What the person can do about it, the gentlest first. */
  actions: Action[];
}
