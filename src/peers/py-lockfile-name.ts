// The names by which the Python package `lockfile` tells its holders, read backwards.
//
// LinkLockFile and SymlinkLockFile: HOST, `-` and the thread in hexadecimal, `.`, pid, and the hash
// of the path, a signed number. Nothing stands between pid and hash, so the pid is certain only
// before a negative hash; else it is one of the few prefixes that leave a hash of likely length.
// MkdirLockFile: HOST, `.-`, thread, pid (again nothing between), or HOST, `.`, pid.

import { HOST, pidOf } from './shape.js';

/** Who holds, by such a name. `pids` where the digits allow several. */
export interface Named {
  host: string;
  thread?: string;
  pid?: number;
  pids?: readonly number[];
}

const UNIQUE = new RegExp(`^(${HOST}?)(?:-([0-9a-f]{4,8}))?\\.(\\d{1,26})(-\\d{7,19})?$`);
const INNER = new RegExp(`^(${HOST}?)\\.(?:-([0-9a-f]{5,15})|(\\d{1,7}))$`);

const HASH_MAX = 2n ** 63n;
// 89 of 100 hashes of 64 bits have 19 digits, 1 of 10,000 has fewer than 16 (a uniform hash).
const LENGTHS_64: readonly number[] = [19, 18, 17, 16];
const LENGTHS_32: readonly number[] = [10, 9, 8, 7];

function prefixes(digits: string, hashLengths: readonly number[]): number[] {
  return hashLengths.flatMap((length) => {
    const pid = pidOf(digits.slice(0, Math.max(0, digits.length - length)));
    const hash = digits.slice(-length);
    return pid === undefined || hash.startsWith('0') || BigInt(hash) >= HASH_MAX ? [] : [pid];
  });
}

/** The unique name of a LinkLockFile or SymlinkLockFile. */
export function parseUnique(name: string): Named | undefined {
  const [, host, thread, digits = '', negative] = UNIQUE.exec(name) ?? [];
  if (host === undefined) return undefined;
  const who = { host, ...(thread !== undefined && { thread }) };
  // Without a thread only the length of the hash tells the name from `backup.20261124`.
  const threaded = thread !== undefined;
  if (negative !== undefined) {
    const pid = pidOf(digits);
    return pid === undefined || (!threaded && negative.length < 17) ? undefined : { ...who, pid };
  }
  const wide = prefixes(digits, LENGTHS_64);
  const pids = wide.length > 0 || !threaded ? wide : prefixes(digits, LENGTHS_32);
  return pids.length === 0 ? undefined : { ...who, pids };
}

/** The name of the file inside a MkdirLockFile. */
export function parseInner(name: string): Named | undefined {
  const [, host, joined, digits] = INNER.exec(name) ?? [];
  if (host === undefined) return undefined;
  if (joined === undefined) {
    const pid = pidOf(digits);
    return pid === undefined ? undefined : { host, pid };
  }
  // The thread is 32 bits of a pointer: eight digits, or fewer if they begin with zeros.
  const split = [8, 7, 6, 5, 4].flatMap((at) => {
    const pid = pidOf(joined.slice(at));
    return pid === undefined ? [] : [{ pid, thread: joined.slice(0, at) }];
  });
  const [first, ...rest] = split;
  if (first === undefined) return undefined;
  if (rest.length === 0) return { host, ...first };
  return { host, pids: split.map(({ pid }) => pid) };
}

/** Such a holder as words. */
export function describe({ host, thread, pid, pids = [] }: Named): string {
  const number = pid === undefined ? pids.join(' or ') : String(pid);
  return `pid ${number}${thread === undefined ? '' : `, thread ${thread}`} on '${host}'`;
}
