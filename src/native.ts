// The typed door to the addon, and the only place that knows where the binary lies.
//
// Results are numbers: >= 0 is a value, < 0 is -errno. Descriptors of held locks are handles into a
// table of the addon; they are real descriptors, so a child can inherit one.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LockError } from './errors.js';
import { Looks, type PackedLooks } from './looks.js';
import { openersOf, type PackedOpeners } from './openers.js';

/** One line of /proc/locks, or one lock line of an fdinfo; see `LockLine` in procfs.h. */
export interface LockLine {
  kind: string;
  write: boolean;
  waiting: boolean;
  pid: number;
  from: string;
  to: string;
}

/** A descriptor that somebody has open; see `Opener` in procfs.h. */
export interface RawOpener {
  /** Index of the identity that was asked for; -1 for a locked file that has lost its name. */
  target: number;
  pid: number;
  fd: number;
  /** Id of its mount in /proc/PID/mountinfo. */
  mount: number;
  locks: readonly LockLine[];
  /** Only of a nameless file: what /proc/PID/fd says, and the name that lockbridge gave it. */
  link?: string;
  born?: string;
}

/** Who has some inodes open. `hidden`: how many processes would not show their descriptors. */
export interface RawOpeners {
  found: RawOpener[];
  hidden: number;
}

/** What is below a directory; a path that ends in a slash is a directory. */
export interface RawWalk {
  paths: string[];
  unreadable: string[];
  cut: boolean;
}

/** How a look knows whether a kernel lock is on the file; same order as `Known` in probe.h. */
export const KNOWN = [
  'unknown',
  'ofd-getlk',
  'proc-locks',
  'lease',
  'flock-probe',
  'open',
  'no-lease',
] as const;

/** How closely to look; same order as `Depth` in probe.h. */
export const DEPTH = { name: 0, content: 1, probe: 2, brief: 3 } as const;

/** A bit beside the mechanisms: the file is lockbridge's own, so its locks prove that nobody holds it. */
export const NOTHING_TO_JUDGE = 8;

/** Same order as `Glimpse` in probe.h. */
export const GLIMPSE = { unclear: 0, held: 1, empty: 2 } as const;

/** Everything that one undisturbing look saw; only `error` where that is negative. */
export interface RawLook {
  error: number;
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  size: number;
  mtime: number;
  ctime: number;
  /** 0 where the filesystem keeps none; like the others in milliseconds since the epoch. */
  birth: number;
  id: string;
  target: string;
  openError: number;
  content: string;
  attribute: boolean;
  /** FUSE or network: locks taken through another mount or machine may not show. */
  elsewhere: boolean;
  locked: boolean;
  known: number;
  leaseRefused: boolean;
  recordPid: number;
  locks: readonly LockLine[];
}

/** Same order as `Origin` in lineage.h. */
export const ORIGIN = { created: 0, open: 1, locked: 2, kernel: 3, unknown: 4 } as const;

/** What a watch is for; see `Interest` in watcher.h. */
export type WatchFlags = [lineage: boolean, opens: boolean, follow: boolean];

type EventCallback = (wd: number, mask: number, name: string) => void;

/** What every way of taking shares: uid -1 leaves the owner; `ahead` in seconds. */
export type Birth = [record: string, mode: number, uid: number, gid: number, ahead: number];

/** A birth whose record ends before the time, what follows it, and when the file was judged free or -1. */
export type Claim = [...Birth, end: string, freeSince: number];

/** How a wait ended; same order as `Claimed` in claim.h. */
export const CLAIMED = { nothing: 0, taken: 1, toJudge: 2 } as const;

/** `result`: one of {@link CLAIMED}, or -errno. `packed` where a file is kept, `record` where taken. */
export type WaitDone = (result: number, packed: number, record: string) => void;

/** What the addon exports; see the headers in native/ for what each call guarantees. */
export interface Native {
  readonly residueMark: string;
  acquire(path: string, ...birth: Birth): number;
  acquireAll(paths: string, ...birth: Birth): Int32Array;
  /** Which call the last `-errno` of this thread came from: ask before the next call. */
  failedCall(): string;
  /** `id`: the inode that may be replaced, if its mtime still is this, or '' for whatever is there. */
  replace(path: string, ...how: [...Birth, id: string, modified: number]): number;
  adoptOpen(path: string): number;
  /** The mechanisms, and {@link NOTHING_TO_JUDGE} where that is known. */
  adoptLock(fd: number): number;
  adoptCommit(fd: number, ...birth: Birth): number;
  release(fd: number): number;
  releaseAll(fds: Int32Array): Int32Array;
  drop(fd: number): number;
  sweep(path: string): number;
  beat(fd: number, ahead: number): number;
  stillNames(fd: number): number;
  restore(fd: number, record: string): number;
  look(path: string, depth: number): RawLook;
  lookAll(paths: readonly string[], depth: number): Looks;
  /** The same, each as soon as it is there: other threads look while the first ones are judged. */
  lookEach(
    paths: readonly string[],
    depth: number,
    visit: (look: RawLook, at: number) => void,
  ): void;
  /** Of each name itself: uid * 65536 + mode, or -errno. `paths`: see {@link joinedPaths}. */
  modes(paths: string): Float64Array;
  glimpse(path: string): number;
  lookHeld(fd: number): RawLook;
  openers(ids: readonly string[], nameless: boolean): RawOpeners;
  /** kcmp(2): 1 if both are one open file description, 0 if not, -errno. */
  sameDescription(pid: number, fd: number, otherPid: number, otherFd: number): number;
  walk(dir: string, follow: boolean, most: number, depth: number): RawWalk | number;
  /** Waits for the kernel locks of the file that is there now; an id, or -errno. */
  startWait(path: string, done: WaitDone, ...claim: [wd: number, ...Claim] | []): number;
  /** Takes `path` when its name goes from the watched directory; an id, or -errno. */
  expectName(path: string, done: WaitDone, wd: number, ...claim: Claim): number;
  /** Ends a wait of either kind; its callback still comes. */
  cancelWait(id: number): void;
  /** Closes the file that a wait for a name has made beforehand; the wait goes on. */
  unprepare(id: number): void;
  /** Ends all and releases what was taken for them; their callbacks come too, if the loop turns again. */
  endWaits(): void;
  /** Whether the name is that inode, not changed since; with `changed` below 0, whenever changed. */
  unchanged(path: string, id: string, changed: number): boolean;
  /** Whether files below `dir` can change without an event of it: FUSE, network. */
  silent(dir: string): boolean;
  watch(dir: string, event: EventCallback, ...interest: WatchFlags): number;
  unwatch(wd: number, ...interest: WatchFlags): void;
  lineage(wd: number, name: string): [id: string, origin: number] | undefined;
  openExclusive(path: string, mode: number): number;
  flock(fd: number, operation: number): number;
  ofdLock(fd: number, type: number): number;
  ofdTest(fd: number): number;
  identity(fd: number): string | number;
  close(fd: number): number;
  openNameless(dir: string, mode: number): number;
  nameFile(fd: number, path: string): number;
  exchange(one: string, other: string): number;
  lease(fd: number): number;
  setAttribute(fd: number): number;
  /** Tells once when that very process has ended; -ESRCH if it has, -ENOSYS before Linux 5.3. `reaped`: when it
   * is no zombie any more either, which is told since Linux 6.9. */
  watchProcess(pid: number, start: number, done: () => void, reaped?: true): number;
  unwatchProcess(id: number): void;
  privateMounts(): number;
  openPlace(path: string): number;
  bindMount(source: number, target: string, readOnly: boolean): number;
  /** Becomes the program; returns only if that failed. `environment`: `NAME=value`; as it is if absent. */
  execute(program: string, args: readonly string[], environment?: readonly string[]): number;
}

/** Many paths as the addon takes them: a NUL after each. */
export const joinedPaths = (paths: readonly string[]): string =>
  paths.length === 0 ? '' : `${paths.join('\0')}\0`;

const ROOT = fileURLToPath(new URL('..', import.meta.url));

// Which C library this process runs on. A system can have both, and where Alpine has gcompat an addon
// for glibc can load, to crash later; Node's own report says it too, after 25 ms.
function libc(): 'glibc' | 'musl' {
  try {
    const maps = readFileSync('/proc/self/maps', 'latin1');
    return /\/ld-musl-|\/libc\.so$/m.test(maps) ? 'musl' : 'glibc';
  } catch {
    return 'glibc'; // without /proc there is no telling
  }
}

/** The addon itself: of many values it makes few, see looks.ts. */
interface Addon extends Omit<
  Native,
  'look' | 'lookAll' | 'lookEach' | 'lookHeld' | 'openers' | 'walk'
> {
  look(path: string, depth: number): PackedLooks;
  lookAll(paths: readonly string[], depth: number): PackedLooks;
  lookBegin(paths: readonly string[], depth: number): object;
  /** Some more, or none at the end. */
  lookNext(begun: object): PackedLooks;
  lookHeld(fd: number): PackedLooks;
  openers(ids: readonly string[], nameless: boolean): PackedOpeners;
  walk(...how: Parameters<Native['walk']>): PackedWalk | number;
}

/** The paths with a NUL after each, which no name contains. */
type PackedWalk = Omit<RawWalk, 'paths'> & { paths: string };

// A build in this tree comes first: whoever has one has just made it.
function load(): Addon {
  const machine = `${process.platform}-${process.arch}-${libc()}`;
  const places = ['build/Release', `prebuilds/${machine}`];
  const file = places.map((place) => join(ROOT, place, 'lockbridge.node')).find(existsSync);
  try {
    if (file === undefined) throw new Error('none is built or shipped');
    return createRequire(import.meta.url)(file) as Addon;
  } catch (cause) {
    throw new LockError(
      'ERR_ADDON_MISSING',
      `no native addon for ${machine}: ${cause instanceof Error ? cause.message : String(cause)}; docs/install.md says which machines are shipped, and how to build it for another (in a clone: \`npm run build:native\`)`,
      { cause },
    );
  }
}

const addon = load();

export const native: Native = {
  ...addon,
  look: (path, depth) => new Looks(addon.look(path, depth)).at(0),
  lookAll: (paths, depth) => new Looks(addon.lookAll(paths, depth)),
  lookEach: (paths, depth, visit) => {
    const begun = addon.lookBegin(paths, depth);
    for (let before = 0; ;) {
      const looks = new Looks(addon.lookNext(begun));
      if (looks.length === 0) return;
      for (let at = 0; at < looks.length; at++) visit(looks.at(at), before + at);
      before += looks.length;
    }
  },
  lookHeld: (fd) => new Looks(addon.lookHeld(fd)).at(0),
  openers: (ids, nameless) => openersOf(addon.openers(ids, nameless)),
  walk: (...how) => {
    const seen = addon.walk(...how);
    return typeof seen === 'number'
      ? seen
      : { ...seen, paths: seen.paths.split('\0').slice(0, -1) };
  },
};
