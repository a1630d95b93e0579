// The protocol's model, every order of its steps. What holds is searched through; what must not hold,
// a named exception or a built-in mistake, has to be found, so that no proposition is true by being
// empty.

import { expect } from 'vitest';
import { itWith } from '../helpers/peers.js';
import { check, lacksSpin, type Configuration } from '../helpers/spin.js';

const MISSING = lacksSpin();

const HOLDS: readonly (readonly [string, Configuration])[] = [
  ['three lockbridges exclude each other, and a crash at any step leaves nothing', { L: 3 }],
  [
    'two lockbridges and a flock exclude each other, and nobody waits on a lost file',
    { L: 2, F: 1 },
  ],
  ['so do they when two of them crash', { L: 2, F: 1, CRASHES: 2 }],
  ['two lockbridges and an existence locker exclude each other', { L: 2, E: 1 }],
  [
    'a lockbridge, an existence locker and a flock do, its flock on a stray file aside',
    { L: 1, E: 1, F: 1 },
  ],
  ['without a watch, what a flock leaves is never taken for free', { L: 2, F: 1, WATCH: 0 }],
  ['without O_TMPFILE, too', { L: 2, F: 1, VISIBLE: 1 }],
  ['a sweeper takes nothing that anybody uses', { L: 1, F: 2, S: 1 }],
  ['the last sweeper leaves no residue', { L: 1, F: 1, S: 1, SWEEP_LAST: 1 }],
  ['a lockbridge that comes again excludes a flock', { L: 1, F: 1, S: 1, ROUNDS: 2 }],
  ['two forcers and a lockbridge exclude each other', { L: 1, B: 2 }],
  ['force and a flock leave one holder who was not told that it lost', { L: 1, B: 1, F: 1 }],
  ['an existence locker that looks before it unlinks survives force', { L: 1, B: 1, E: 1 }],
  ['force by id replaces whom it judged and nobody else', { L: 2, B: 1, ID: 1 }],
  ['so it does among flocks', { L: 1, B: 1, F: 1, ID: 1 }],
  ['and among existence lockers, whose successor gets its place back', { L: 1, B: 1, E: 2, ID: 1 }],
  ['between lockbridges there is no window', { L: 2, WINDOW: 2, ROUNDS: 2 }],
  ['nor with an existence locker', { L: 2, E: 1, WINDOW: 2 }],
  [
    'who opens between lease and unlink is reported',
    { L: 2, F: 1, WINDOW: 1, REPORTED: 1, CRASHES: 0 },
  ],
];

const FAILS: readonly (readonly [string, Configuration])[] = [
  ['exception: a flock opens between lease and unlink', { L: 2, F: 1, WINDOW: 1 }],
  [
    'exception: one that only had the name looked up is not reported',
    { L: 2, F: 1, WINDOW: 2, REPORTED: 1, CRASHES: 0 },
  ],
  ['exception: a release that does not wait for a forcer', { L: 2, B: 1, IMPATIENT: 1 }],
  ['exception: a flock on an existence locker’s file', { L: 1, E: 1, F: 1, STRAY: 1 }],
  [
    'exception: an existence locker unlinks without a look what force put there',
    { L: 1, B: 1, E: 1, BLIND: 1 },
  ],
  [
    'exception: a flock opens while force by id puts a successor back',
    { L: 1, B: 1, E: 1, F: 1, ID: 1, OPEN_ASIDE: 1, CRASHES: 0 },
  ],
  ['mistake: unlink without the lease', { L: 2, F: 1, MUTANT: 1 }],
  ['mistake: adopt without a second judgement', { L: 2, E: 1, MUTANT: 2 }],
  ['mistake: unlink and create anew instead of adopting', { L: 2, F: 1, MUTANT: 3 }],
  ['mistake: adopt without looking at the name again', { L: 2, WINDOW: 2, MUTANT: 4 }],
  ['mistake: sweep without lease and lock', { L: 2, F: 1, S: 1, MUTANT: 5 }],
  ['mistake: never sweep', { L: 1, F: 1, S: 1, SWEEP_LAST: 1, MUTANT: 6 }],
  ['mistake: force without the lock of the directory', { L: 2, B: 1, MUTANT: 7 }],
  ['mistake: the name first and the lock later', { L: 2, MUTANT: 8 }],
  [
    'mistake: adopt without the lock of the directory',
    { L: 2, B: 1, F: 1, ID: 1, CRASHES: 0, MUTANT: 9 },
  ],
  ['mistake: force by id keeps what it took by mistake', { L: 1, B: 1, E: 1, ID: 1, MUTANT: 10 }],
  [
    'mistake: it puts back a successor whose holder has let go',
    { L: 1, B: 1, E: 2, ID: 1, CRASHES: 0, MUTANT: 11 },
  ],
];

for (const [proposition, configuration] of HOLDS)
  itWith(MISSING, proposition, () => {
    const { errors, trace } = check(configuration);
    expect(errors, trace).toBe(0);
  });

for (const [proposition, configuration] of FAILS)
  itWith(MISSING, `is found: ${proposition}`, () => {
    expect(check(configuration).errors).toBe(1);
  });
