// What the matrix knows of a foreign lock program: how to find it and how to drive it.

/** `existence`: the name is the lock. `kernel`: a lock on the inode. `bridge`: lockbridge itself. */
export type Family = 'existence' | 'kernel' | 'bridge';

/** Packages that bring a peer, by the installer that knows them. */
export interface Install {
  readonly apt?: readonly string[];
  readonly pip?: readonly string[];
  readonly npm?: readonly string[];
  /** Those of `npm` whose addon is compiled here. No package's own install script ever runs. */
  readonly addons?: readonly string[];
  /** Languages whose programs are compiled here. */
  readonly compile?: readonly ('go' | 'rust' | 'java')[];
}

export type Detection = { available: true; version: string } | { available: false; reason: string };

/** `undecidable` is lockbridge's refusal of a file that may be anybody's; others say `refused`. */
export interface Outcome {
  kind: 'acquired' | 'refused' | 'undecidable' | 'error';
  detail?: string;
}

/** One running user of a lock program. All of its methods end within a bound, whatever hangs. */
export interface Session {
  /** Called before anything exists in `dir`. */
  prepare?(dir: string): Promise<void>;
  /** One try without waiting; a lock that is acquired stays held. */
  hold(path: string): Promise<Outcome>;
  /** Lets go of what `hold` acquired, in the way its users do. Rejects if that fails. */
  release(path: string): Promise<void>;
  /** One try without waiting; a lock that is acquired is released again at once. */
  take(path: string): Promise<Outcome>;
  /** SIGKILL for everything that this session started, as a crash. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export interface Peer {
  readonly id: string;
  readonly name: string;
  readonly family: Family;
  /** The primitive underneath, in the words of its manual. */
  readonly mechanism: string;
  /** Takes a shared lock: two of these may hold at once. */
  readonly shared?: boolean;
  /** A kernel locker that writes into its file at once, perhaps before a watcher has seen it empty. */
  readonly writes?: boolean;
  readonly install?: Install;
  detect(): Promise<Detection>;
  open(): Promise<Session>;
}

/** The name of the lock file in each directory; peers that append `.lock` get it without. */
export const LOCK_NAME: string = 'updates.lock';

/** What is on disk at a lock path, as a footprint may look at it; the functions cost system calls. */
export interface Traces {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** The first 512 bytes, one character a byte. */
  readonly content: string;
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly nlink: number;
  /** Milliseconds since the epoch; `birth` is 0 where the filesystem keeps none. */
  readonly birth: number;
  readonly mtime: number;
  readonly ctime: number;
  /** Where a symbolic link points; '' for others. */
  readonly target: string;
  /** The other names of the inode in its directory. */
  readonly otherLinks: () => readonly string[];
  /** The first names in a directory, 16 at most; empty for others. */
  readonly entries: () => readonly string[];
}

/** Which protocol made a file, how sure that is, and why. Never proof that its holder is gone. */
export interface Footprint {
  protocol: string;
  /** `sure`: no other known program makes this; `likely`: others could; `guess`: a shape only. */
  certainty: 'sure' | 'likely' | 'guess';
  /** Why, as a sentence that may follow "because". */
  text: string;
  /** The holder's process, by a protocol whose files name it: of an unknown pid namespace. */
  pid?: number;
  /** Where the digits allow several. */
  pids?: readonly number[];
  host?: string;
  thread?: string;
  /**
   * The protocol itself takes the lock for abandoned once `pid` is gone. Without it a dead `pid` says
   * nothing: Python's `lockfile` keeps the number of the process that made the object, and a child
   * that was forked since holds by it.
   */
  pidDecides?: true;
  /** The protocol locks with the kernel and leaves the file: alone, it is nobody's existence lock. */
  leftover?: true;
  /** A last sign of life, milliseconds since the epoch, of a protocol that gives them. */
  beat?: number;
}

/** One protocol as the inspector knows it. */
export interface Recogniser {
  readonly protocol: string;
  recognise(traces: Traces): Footprint | undefined;
}
