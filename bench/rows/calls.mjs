// Are the C loops fair? The system calls of one acquire and release, by strace(1), from the addon and
// from c/calls.h: the same ones in the same order, or the difference.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { program } from '../harness/compile.mjs';
import { temporary } from '../harness/places.mjs';

const ONCE = fileURLToPath(new URL('../parties/once.mjs', import.meta.url));
const NAME = 'updates.lock';
const TRACED =
  'execve,openat,fchown,fchmod,statx,pwrite64,fsetxattr,utimensat,flock,fstatfs,fcntl,linkat,unlinkat,close';

// What differs from run to run is taken out: descriptors, paths, what is written and what is read.
const plain = (call) =>
  call
    .replace(/"(?:[^"\\]|\\.)*"(\.\.\.)?/g, '""')
    .replace(/\{.*\}/g, '{}')
    .replace(/\[.*\]/g, '[]')
    .replace(/\b\d+(?=[,)])/g, 'N')
    .replace(/ +=.*/, '');

// The last acquire and release of the main thread: from the nameless file to the second close.
function traced(dir, ...argv) {
  const log = join(dir, 'strace');
  const args = ['-f', '-qq', '-o', log, '-e', `trace=${TRACED}`, ...argv];
  const { status, error } = spawnSync('strace', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (error !== undefined) return undefined;
  if (status !== 0) throw new Error(`strace ${argv[0]} ended with ${status}`);
  const lines = readFileSync(log, 'utf8').split('\n');
  const [main] = lines[0].split(' ');
  const ours = lines
    .filter((line) => line.startsWith(`${main} `))
    .map((line) => line.slice(main.length).trim());
  const cycle = ours.slice(ours.findLastIndex((line) => line.includes('O_TMPFILE')));
  const closes = cycle.flatMap((line, at) => (line.startsWith('close(') ? [at] : []));
  return cycle.slice(0, closes[1] + 1).map(plain);
}

function compare(place, addon, inC) {
  const differing = [0, 1].map((side) => {
    const [one, other] = side === 0 ? [addon, inC] : [inC, addon];
    return one
      .filter((call) => !other.includes(call))
      .map((call) => `${side === 0 ? 'only the addon' : 'only C'}: ${call}`);
  });
  const order = addon.findIndex((call, at) => call !== inC[at]);
  const same = addon.length === inC.length && order === -1;
  const notes = same
    ? [`  ${addon.map((call) => call.split('(')[0]).join(' ')}`]
    : [
        ...differing.flat(),
        ...(order < 0
          ? []
          : [`first difference at call ${order + 1}: ${addon[order]} / ${inC[order]}`]),
      ].map((line) => `  ${line}`);
  return {
    title: 'the system calls of one acquire and release',
    place: place.name,
    rounds: 1,
    unit: 'us',
    lines: [],
    notes,
    goals: [
      {
        what: 'calls of the addon / calls in C, the same ones in the same order',
        value: same ? 1 : addon.length / inC.length,
        atMost: 1,
        met: same,
      },
    ],
  };
}

export const calls = {
  name: 'calls',
  what: 'whether the C loops make the system calls that the addon makes',
  async *run({ places, say }) {
    const binary = program('uncontended');
    for (const place of places) {
      const dir = temporary(place.dir);
      const addon = traced(dir, process.execPath, ONCE, join(dir, NAME));
      const inC = binary && traced(dir, binary, dir, NAME, 'a record', '1');
      if (addon === undefined || inC === undefined)
        say('strace or a C compiler is not there: left out');
      else yield compare(place, addon, inC);
    }
  },
};
