// Openers as the addon hands them over, and as everybody else has them; packed for the reason that looks
// are (looks.ts).

import { linesOf } from './looks.js';
import type { RawOpener, RawOpeners } from './native.js';

/** What the addon makes of them; see `OpenersOf` in native/binding/looks.cc. */
export interface PackedOpeners {
  /** Of each: target, pid, fd, mount, how many lines of locks. */
  numbers: Float64Array;
  /** Of each without a target, two: what /proc/PID/fd says, and the name that lockbridge gave it or ''. */
  names: string[];
  /** As of looks. */
  locks: string;
  hidden: number;
}

const NUMBERS = 5;

/** All of them, in the order of their processes and descriptors. */
export function openersOf({ numbers, names, locks, hidden }: PackedOpeners): RawOpeners {
  const lines = linesOf(locks);
  const found: RawOpener[] = [];
  let [name, line] = [0, 0];
  for (let at = 0; at < numbers.length; at += NUMBERS) {
    const number = (nth: number): number => numbers[at + nth] ?? 0;
    const opener: RawOpener = {
      target: number(0),
      pid: number(1),
      fd: number(2),
      mount: number(3),
      locks: lines.slice(line, (line += number(4))),
    };
    if (opener.target < 0) {
      const [link = '', born = ''] = names.slice(name, (name += 2));
      if (link !== '') opener.link = link;
      if (born !== '') opener.born = born;
    }
    found.push(opener);
  }
  return { found, hidden };
}
