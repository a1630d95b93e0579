// The typed door to the addon, and the only place that knows where the binary lies.
//
// Results are numbers: >= 0 is a value, < 0 is -errno. Descriptors of held locks are handles into a
// table of the addon; they are real descriptors, so a child can inherit one.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { LockError } from './errors.js';

/** One line of /proc/locks for the inode that was looked at. */
export interface LockLine {
  kind: string;
  write: boolean;
  waiting: boolean;
  pid: number;
}

/** How a look knows whether a kernel lock is on the file; same order as `Known` in probe.h. */
export const KNOWN = [
  'unknown',
  'ofd-getlk',
  'proc-locks',
  'lease',
  'flock-probe',
  'openers',
  'open',
] as const;

/** How closely to look; same order as `Depth` in probe.h. */
export const DEPTH = { name: 0, taker: 1, inspector: 2 } as const;

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
  locks: LockLine[];
}

/** Same order as `Origin` in lineage.h. */
export const ORIGIN = { created: 0, open: 1, locked: 2, kernel: 3, unknown: 4 } as const;

type EventCallback = (wd: number, mask: number, name: string) => void;

/** What every way of taking shares: uid -1 leaves the owner; `ahead` in seconds. */
export type Birth = [record: string, mode: number, uid: number, gid: number, ahead: number];

/** What the addon exports; see the headers in native/ for what each call guarantees. */
export interface Native {
  readonly residueMark: string;
  acquire(path: string, ...birth: Birth): number;
  acquireAll(paths: readonly string[], ...birth: Birth): number[];
  replace(path: string, ...birth: Birth): number;
  adoptOpen(path: string): number;
  adoptLock(fd: number): number;
  adoptCommit(fd: number, ...birth: Birth): number;
  release(fd: number): number;
  releaseAll(fds: readonly number[]): number[];
  drop(fd: number): number;
  sweep(path: string): number;
  beat(fd: number, ahead: number): number;
  stillNames(fd: number): number;
  restore(fd: number, record: string): number;
  look(path: string, depth: number): RawLook;
  lookHeld(fd: number): RawLook;
  startWait(fd: number, kind: number, done: (result: number) => void): number;
  cancelWait(id: number): void;
  watch(dir: string, lineage: boolean, event: EventCallback): number;
  unwatch(wd: number, lineage: boolean): void;
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
}

// A build in this tree comes first: whoever has one has just made it. Then the shipped binaries; one
// for the wrong C library does not load, which is how glibc and musl are told apart.
function candidates(): string[] {
  const root = new URL('..', import.meta.url);
  const machine = `${process.platform}-${process.arch}`;
  const shipped = ['glibc', 'musl'].map((libc) => `prebuilds/${machine}-${libc}/lockbridge.node`);
  return ['build/Release/lockbridge.node', ...shipped].map((file) =>
    fileURLToPath(new URL(file, root)),
  );
}

function load(): Native {
  const require = createRequire(import.meta.url);
  const failures: string[] = [];
  for (const file of candidates()) {
    if (!existsSync(file)) {
      failures.push(`${file}: not there`);
      continue;
    }
    try {
      return require(file) as Native;
    } catch (cause) {
      failures.push(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  throw new LockError(
    'ERR_ADDON_MISSING',
    `no native addon for ${process.platform}-${process.arch}; tried ${failures.join('; ')}; run \`npm run build:native\` in a clone, or install a lockbridge that ships this platform`,
  );
}

export const native: Native = load();
