// From two looks to what happened: the table.

import { describe, expect, it } from 'vitest';
import type { Holder, Inspection } from '../../../src/index.js';
import { diff, unsettled } from '../../../src/observe/diff.js';
import type { Change } from '../../../src/observe/types.js';

const quiet: Change = { came: 0, gone: false, replaced: false, cleared: false, initial: false };

function see(verdict: Inspection['verdict'], more: Partial<Inspection> = {}): Inspection {
  const some = verdict === 'free' ? {} : { id: '0:1:1@1.0' };
  const base = { holders: [], orphans: [], evidence: [], unseen: [], actions: [] };
  return { path: '/l', verdict, ...base, ...some, ...more };
}

const person = (pid: number, role: Holder['role'], more: Partial<Holder> = {}): Holder => ({
  pid,
  role,
  source: role === 'named' ? 'record' : 'flock',
  ...more,
});
const H = (pid: number): Holder => person(pid, 'holds');
const W = (pid: number): Holder => person(pid, 'waits');

const free = see('free');
const kernel = (...holders: Holder[]): Inspection => see('held', { by: 'kernel', holders });
const existence = see('held', { by: 'existence', protocol: 'procmail' });
const undecidable = see('held', { by: 'undecidable' });
const stale = see('stale');
const residue = see('residue');
const other = (seen: Inspection): Inspection => ({ ...seen, id: '0:1:2@2.0' });
const orphaned = (seen: Inspection, ...pids: number[]): Inspection => ({
  ...seen,
  orphans: pids.map(H),
});

const heirOf7 = person(8, 'holds', { sharedWith: 7 });
const record = {
  lockbridge: 1 as const,
  pid: 7,
  start: 1,
  pidns: 1,
  boot: '',
  host: 'h',
  uid: 0,
  cmd: 'c',
  reason: 'flashing',
  since: '2026-01-01T00:00:00.000Z',
};

// what happened | before | after | what is said, with the pid of who did it | the change, if any
const TABLE: [string, Inspection, Inspection, string[], Partial<Change>?][] = [
  ['nothing, of a free path', free, free, []],
  ['nothing, of a held one', kernel(H(7), W(8)), kernel(H(7), W(8)), []],
  ['a kernel lock on a new file', free, kernel(H(7)), ['took 7']],
  ['a kernel lock whose holder is hidden', free, kernel(), ['took']],
  ['an existence lock appears', free, existence, ['took']],
  ['an empty file appears', free, undecidable, ['took']],
  [
    'a holder and its waiters at once',
    free,
    kernel(H(7), W(8), W(9)),
    ['took 7', 'waits 8', 'waits 9'],
  ],
  ['two share it', free, kernel(H(7), H(8)), ['took 7', 'took 8']],
  ['a child that shares the lock is no taker', free, kernel(H(7), heirOf7), ['took 7']],
  [
    'flock and record lock of one process',
    free,
    kernel(H(7), person(7, 'holds', { source: 'ofd' })),
    ['took 7'],
  ],
  ['residue appears', free, residue, ['appeared']],
  ['a stale file appears', free, stale, ['appeared']],
  ['came and went', free, free, ['brief'], { came: 2 }],
  ['held before the watch', free, kernel(H(7), W(8)), ['found 7', 'waits 8'], { initial: true }],
  ['left before the watch', free, stale, ['found'], { initial: true }],
  ['an orphan from before the watch', free, orphaned(free, 7), ['lost 7'], { initial: true }],
  ['a waiter comes', kernel(H(7)), kernel(H(7), W(8)), ['waits 8']],
  ['a waiter gives up', kernel(H(7), W(8)), kernel(H(7)), ['gave-up 8']],
  ['the waiter gets it', kernel(H(7), W(8)), kernel(H(8)), ['released 7', 'took 8']],
  ['one of two sharers lets go', kernel(H(7), H(8)), kernel(H(8)), ['released 7']],
  ['the child goes on', kernel(H(7), heirOf7), kernel(H(8)), ['inherited 8']],
  ['unlocked, the file stays', kernel(H(7)), undecidable, ['released 7']],
  ['unlocked, the file is residue', kernel(H(7)), residue, ['released 7']],
  ['a hidden holder unlocks', kernel(), undecidable, ['released']],
  ['killed, the file is stale', kernel(H(7)), stale, ['died 7']],
  ['the name goes with the lock', kernel(H(7)), free, ['released 7']],
  ['an existence lock goes', existence, free, ['released']],
  ['the process that a file names dies', existence, stale, ['died']],
  ['a stale file is adopted', stale, kernel(H(7)), ['took 7']],
  ['residue is taken', residue, kernel(H(7)), ['took 7']],
  ['a stranger locks an existing file', undecidable, kernel(H(7)), ['took 7']],
  ['proof comes late', undecidable, residue, ['appeared']],
  ['let go and taken anew', kernel(H(7)), other(kernel(H(8))), ['released 7', 'took 8']],
  [
    'let go and taken anew by the same',
    kernel(H(7)),
    other(kernel(H(7))),
    ['released 7', 'took 7'],
  ],
  ['let go, another existence lock', existence, other(existence), ['released', 'took']],
  ['removed while held', kernel(H(7)), orphaned(free, 7), ['broke', 'lost 7']],
  [
    'removed while held, and taken',
    kernel(H(7)),
    orphaned(other(kernel(H(8))), 7),
    ['broke 8', 'lost 7', 'took 8'],
  ],
  [
    'replaced while held',
    kernel(H(7)),
    other(kernel(H(8))),
    ['broke 8', 'lost 7', 'took 8'],
    { replaced: true },
  ],
  [
    'an existence lock is replaced',
    existence,
    other(kernel(H(8))),
    ['broke 8', 'took 8'],
    { replaced: true },
  ],
  ['residue is replaced', residue, other(kernel(H(8))), ['vanished', 'took 8'], { replaced: true }],
  ['the orphan ends', orphaned(free, 7), free, ['closed 7']],
  ['the orphan stays', orphaned(free, 7), orphaned(free, 7), []],
  ['residue is removed', residue, free, ['vanished']],
  ['residue is removed by us', residue, free, ['cleared'], { cleared: true }],
  [
    'what looked held from a container is proven residue, and removed',
    undecidable,
    free,
    ['cleared'],
    { cleared: true },
  ],
  ['its record says why', kernel(H(7)), { ...kernel(H(7)), record }, ['reason 7']],
  ['taken with a record', free, { ...kernel(H(7)), record }, ['took 7', 'reason 7']],
];

it.each(TABLE)('%s', (_what, before, after, said, change = {}) => {
  const events = diff(before, after, { ...quiet, ...change });
  expect(
    events.map(({ kind, holder }) =>
      holder === undefined ? kind : `${kind} ${String(holder.pid)}`,
    ),
  ).toEqual(said);
  for (const { path, text } of events) {
    expect(path).toBe('/l');
    expect(text).not.toMatch(/undefined|\[object/);
  }
});

it('a break names who lost it, and the file that was broken', () => {
  const [broke, lost] = diff(kernel(H(7)), orphaned(other(kernel(H(8))), 7), quiet);
  expect(broke).toMatchObject({ previous: { pid: 7 }, holder: { pid: 8 }, id: '0:1:1@1.0' });
  expect(lost).toMatchObject({ orphaned: true, id: '0:1:1@1.0' });
});

it('one who lost it and has closed is no orphan', () => {
  const [, lost] = diff(kernel(H(7)), other(kernel(H(8))), { ...quiet, replaced: true });
  expect(lost).not.toHaveProperty('orphaned');
});

describe('what a second look must settle', () => {
  const opener = person(8, 'open', { source: 'descriptor' });
  it.each<[string, Inspection, Inspection, boolean]>([
    ['a holder that has just unlinked its file', kernel(H(7)), orphaned(free, 7), true],
    ['an orphan that is known', orphaned(free, 7), orphaned(free, 7), false],
    [
      'a file in the hands of its maker',
      free,
      see('held', { by: 'undecidable', evidence: [{ kind: 'being-made', text: '' }] }),
      true,
    ],
    ['a waiter that is missing but has it open', kernel(H(7), W(8)), kernel(H(7), opener), true],
    ['a waiter that has gone', kernel(H(7), W(8)), kernel(H(7)), false],
    ['a waiter that holds', kernel(H(7), W(8)), kernel(H(8)), false],
    ['a plain release', kernel(H(7)), free, false],
  ])('%s', (_what, before, after, expected) => {
    expect(unsettled(before, after)).toBe(expected);
  });
});
