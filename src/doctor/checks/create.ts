// Making a lock: the exclusive create that existence lockers rely on, the name that a finished file
// is given, and the steps of a forced replacement.

import { linkSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { NAMELESS_COST, readOnlyTrap } from '../../inspect/traps.js';
import { native } from '../../native.js';
import { missing, nameOf, ok, weak } from '../outcome.js';
import type { Check, Outcome } from '../types.js';

const EEXIST = -17;

const REST = '; what needs one was not tried';

export const writable: Check = {
  id: 'writable',
  name: 'create and remove',
  guarantee: 'a lock can be made here, and is gone when it is released',
  run(bench) {
    const refusal = bench.prepare();
    if (refusal === undefined) return ok('a file was made, filled and removed');
    const { code, syscall } = refusal;
    if (syscall === 'rmdir' || syscall === 'unlink')
      return missing(
        `what is made cannot be removed again (${syscall}: ${code}): an empty ${bench.file('.')} stays behind`,
        'a released lock keeps blocking the existence lockers',
      );
    const trap = readOnlyTrap(bench.dir);
    if (trap !== undefined) return missing(`${trap.text} (${code})${REST}`, trap.cost, trap.remedy);
    return missing(
      `no file can be made here (${syscall}: ${code})${REST}`,
      'no lock can be made here by this user',
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'free some space or inodes'
        : `check owner and mode of the directory, or run as another user than uid ${String(process.geteuid?.())}`,
    );
  },
};

export const exclusive: Check = {
  id: 'exclusive-create',
  name: 'exclusive create',
  guarantee: 'of two processes that create the lock file, one is refused',
  writes: true,
  async run(bench) {
    const second = bench.second();
    const theirs = await second.call('openExclusive', bench.file('theirs'));
    if (theirs >= 0) await second.call('close', theirs);
    const ours = native.openExclusive(bench.file('ours'), 0o644);
    if (ours >= 0) native.close(ours);
    const answers = [
      native.openExclusive(bench.file('theirs'), 0o644),
      await second.call('openExclusive', bench.file('ours')),
    ];
    if (answers.every((answer) => answer === EEXIST))
      return ok('O_EXCL on a name of the other process: EEXIST, both ways');
    return missing(
      `O_EXCL on a name that exists: ${answers.map((a) => (a >= 0 ? 'created' : nameOf(a))).join(', ')}`,
      'two existence lockers may hold one lock',
    );
  },
};

export const nameless: Check = {
  id: 'born-locked',
  name: 'born locked (O_TMPFILE, linkat)',
  writes: true,
  run(bench) {
    const fd = native.openNameless(bench.file('.'), 0o644);
    if (fd < 0) return weak(`O_TMPFILE: ${nameOf(fd)}`, NAMELESS_COST);
    try {
      const named = native.nameFile(fd, bench.file('born'));
      if (named < 0) return weak(`linkat of a nameless file: ${nameOf(named)}`, NAMELESS_COST);
      return ok('a nameless file was given its name');
    } finally {
      native.close(fd);
    }
  },
};

export const links: Check = {
  id: 'hard-link',
  name: 'hard link',
  writes: true,
  run: (bench) =>
    step(
      'link',
      'a second name was given to a file',
      'lockers that take by link(2), as Python LinkLockFile, fail here',
      () => {
        writeFileSync(bench.file('one'), '');
        linkSync(bench.file('one'), bench.file('two'));
      },
    ),
};

export const rename: Check = {
  id: 'rename',
  name: 'rename over a file',
  writes: true,
  run: (bench) =>
    step(
      'rename',
      'a file took the name of another in one step',
      'a lock cannot be overridden by force: `break --force` fails',
      () => {
        writeFileSync(bench.file('old'), 'old');
        writeFileSync(bench.file('new'), 'new');
        renameSync(bench.file('new'), bench.file('old'));
        if (readFileSync(bench.file('old'), 'utf8') !== 'new')
          throw new Error('the old file stayed');
      },
    ),
};

export const exchange: Check = {
  id: 'exchange',
  name: 'exchange with a directory',
  writes: true,
  run(bench) {
    writeFileSync(bench.file('file'), '');
    mkdirSync(bench.file('directory'));
    const done = native.exchange(bench.file('file'), bench.file('directory'));
    if (done === 0) return ok('a file and a directory changed places in one step');
    return weak(
      `RENAME_EXCHANGE: ${nameOf(done)}`,
      'force does not replace a lock that is a directory (mkdir, proper-lockfile): it has to be removed by hand',
    );
  },
};

function step(name: string, done: string, cost: string, act: () => void): Outcome {
  try {
    act();
    return ok(done);
  } catch (error) {
    return weak(`${name}: ${nameOf(error)}`, cost);
  }
}
