// Kernel locks between two processes: refused while held, free after the release and after a kill,
// and both kinds at once by one holder.

import { acquireSync } from '../../lock/acquire.js';
import { native } from '../../native.js';
import { missing, nameOf, ok, weak } from '../outcome.js';
import type { Bench, Check, Outcome } from '../types.js';

const LOCK = { EX: 2, UN: 8 } as const; // flock(2)
const TYPE = { WRLCK: 1, UNLCK: 2 } as const; // fcntl(2)
const EEXIST = -17;
const REFUSED: readonly number[] = [-11, -13]; // EAGAIN; POSIX allows EACCES for record locks

interface Kind {
  operation: 'flock' | 'ofdLock';
  take: number;
  drop: number;
  who: string;
}

const FLOCK: Kind = { operation: 'flock', take: LOCK.EX, drop: LOCK.UN, who: 'flock users' };
const OFD: Kind = {
  operation: 'ofdLock',
  take: TYPE.WRLCK,
  drop: TYPE.UNLCK,
  who: 'record lockers',
};

/** Holds here, tries there; lets go here, tries there again. */
async function exclusion(bench: Bench, { operation, take, drop, who }: Kind): Promise<Outcome> {
  const path = bench.file(operation);
  const second = bench.second();
  const ours = native.openExclusive(path, 0o644);
  const theirs = await second.call('open', path);
  try {
    const taken = native[operation](ours, take);
    if (taken < 0)
      return missing(`${operation}: ${nameOf(taken)}`, `${who} cannot lock here at all`);
    const held = await second.call(operation, theirs, take);
    if (!REFUSED.includes(held))
      return missing(
        `a second process was not refused while the lock was held (${said(held)})`,
        `two ${who} may hold one lock, and lockbridge cannot stop them`,
      );
    native[operation](ours, drop);
    const free = await second.call(operation, theirs, take);
    if (free < 0)
      return missing(
        `a second process did not get the released lock (${nameOf(free)})`,
        `${who} stay blocked`,
      );
    return ok('a second process was refused while it was held, and got it after the release');
  } finally {
    native.close(ours);
    await second.call('close', theirs);
  }
}

function said(result: number): string {
  return result >= 0 ? 'it got the lock' : nameOf(result);
}

export const flock: Check = {
  id: 'flock',
  name: 'flock between two processes',
  guarantee: 'flock users (flock(1), fcntl.flock, gofrs) are refused while the lock is held',
  writes: true,
  run: (bench) => exclusion(bench, FLOCK),
};

export const ofd: Check = {
  id: 'ofd',
  name: 'record lock between two processes',
  guarantee: 'record lockers (lockf, Java FileChannel, fd-lock) are refused while it is held',
  writes: true,
  run: (bench) => exclusion(bench, OFD),
};

export const whole: Check = {
  id: 'one-act',
  name: 'one lock, seen by all',
  guarantee: 'all three kinds of locker are refused by one lockbridge lock',
  writes: true,
  async run(bench) {
    const path = bench.file('whole');
    const lock = acquireSync(path);
    const { ofd: record } = lock.mechanisms;
    const second = bench.second();
    const theirs = await second.call('open', path);
    const answers = {
      'exclusive create': await second.call('openExclusive', path),
      flock: await second.call('flock', theirs, LOCK.EX),
      'record lock': record ? await second.call('ofdLock', theirs, TYPE.WRLCK) : EEXIST,
    };
    await second.call('close', theirs);
    lock.releaseSync();
    const let_in = Object.entries(answers).filter(
      ([, answer]) => answer !== EEXIST && !REFUSED.includes(answer),
    );
    if (let_in.length > 0)
      return missing(
        `not refused: ${let_in.map(([how, answer]) => `${how} (${said(answer)})`).join(', ')}`,
        'that kind of locker and lockbridge may hold at the same time',
      );
    if (!record)
      return weak(
        'exclusive create and flock; the record lock was left out here',
        'record lockers are refused only where flock is a record lock too, as on NFS',
      );
    return ok('exclusive create, flock and record lock refused a second process');
  },
};

export const death: Check = {
  id: 'death',
  name: 'lock of a killed process',
  guarantee: 'a crash frees the kernel lock at once, so that what is left is provably stale',
  writes: true,
  async run(bench) {
    const path = bench.file('death');
    const doomed = bench.second('fresh');
    const theirs = await doomed.call('openExclusive', path);
    const taken = [
      await doomed.call('flock', theirs, LOCK.EX),
      await doomed.call('ofdLock', theirs, TYPE.WRLCK),
    ];
    await doomed.kill();
    const ours = await bench.second().call('open', path);
    const freed = [
      await bench.second().call('flock', ours, LOCK.EX),
      await bench.second().call('ofdLock', ours, TYPE.WRLCK),
    ];
    await bench.second().call('close', ours);
    // A kind that cannot be taken here at all is the finding of another check.
    const kept = ['flock', 'record lock'].filter((_, at) => taken[at] === 0 && freed[at] !== 0);
    if (kept.length === 0) return ok('after SIGKILL of its holder a lock was free');
    return missing(
      `after SIGKILL of its holder the ${kept.join(' and the ')} stayed`,
      'a lock of a crashed program blocks until the server or a person frees it',
    );
  },
};
