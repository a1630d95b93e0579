// Looks as the addon hands them over, and as everybody else has them. It packs all of a call into four
// values, because to make an object of twenty properties from C++ takes longer than the look; here one
// is made when it is asked for, so that of many no more than the packed ones have to be kept.

import type { LockLine, RawLook } from './native.js';

/** What the addon makes of some looks; see `PackedLooks` in native/binding/looks.cc. */
export interface PackedLooks {
  /** In the order in which {@link Looks} reads them. */
  numbers: Float64Array;
  /** Identity and content of each, one character a byte. */
  bytes: string;
  /** Of symbolic links. */
  targets: string[];
  /** A line for each: kind, exclusive, waiting, pid, from, to. */
  locks: string;
}

const NUMBERS = 16;
const [ID_LENGTH, CONTENT_LENGTH, LINES] = [13, 14, 15];
const TYPE = 0o170000;
const SYMLINK = 0o120000;

function lineOf(text: string): LockLine {
  const [kind = '', write, waiting, pid, from = '', to = ''] = text.split(' ');
  return { kind, write: write === '1', waiting: waiting === '1', pid: Number(pid), from, to };
}

/** What lines of locks say. Who holds many has the same line for each: it is taken apart once. */
export function linesOf(packed: string): LockLine[] {
  if (packed === '') return [];
  let before = '';
  let line: LockLine | undefined;
  return packed
    .slice(0, -1)
    .split('\n')
    .map((text) => {
      if (line === undefined || text !== before) line = lineOf((before = text));
      return line;
    });
}

/** Some looks, in the order of their paths. */
export class Looks {
  readonly length: number;
  readonly #numbers: Float64Array;
  readonly #bytes: string;
  readonly #targets: readonly string[];
  readonly #lines: readonly LockLine[];
  /** Where the bytes, the target and the lines of each begin. */
  readonly #begin: Uint32Array;

  constructor({ numbers, bytes, targets, locks }: PackedLooks) {
    this.length = numbers.length / NUMBERS;
    this.#numbers = numbers;
    this.#bytes = bytes;
    this.#targets = targets;
    this.#lines = linesOf(locks);
    this.#begin = new Uint32Array(3 * this.length);
    let [byte, target, line] = [0, 0, 0];
    for (let at = 0; at < this.length; at++) {
      this.#begin[3 * at] = byte;
      this.#begin[3 * at + 1] = target;
      this.#begin[3 * at + 2] = line;
      byte += this.#number(at, ID_LENGTH) + this.#number(at, CONTENT_LENGTH);
      if ((this.#number(at, 1) & TYPE) === SYMLINK) target++;
      line += this.#number(at, LINES);
    }
  }

  #number(at: number, nth: number): number {
    return this.#numbers[at * NUMBERS + nth] ?? 0;
  }

  /** One look; with nothing but `error` where the path could not be looked at. */
  at(at: number): RawLook {
    const number = (nth: number): number => this.#numbers[at * NUMBERS + nth] ?? 0;
    const error = number(0);
    if (error < 0) return { error } as RawLook;
    const begin = (nth: number): number => this.#begin[3 * at + nth] ?? 0;
    const byte = begin(0);
    const content = byte + number(ID_LENGTH);
    const flags = number(10);
    return {
      error,
      mode: number(1),
      uid: number(2),
      gid: number(3),
      nlink: number(4),
      size: number(5),
      mtime: number(6),
      ctime: number(7),
      birth: number(8),
      id: this.#bytes.slice(byte, content),
      target: (number(1) & TYPE) === SYMLINK ? (this.#targets[begin(1)] ?? '') : '',
      openError: number(9),
      content: this.#bytes.slice(content, content + number(CONTENT_LENGTH)),
      attribute: (flags & 1) !== 0,
      elsewhere: (flags & 2) !== 0,
      locked: (flags & 4) !== 0,
      known: number(11),
      leaseRefused: (flags & 8) !== 0,
      recordPid: number(12),
      locks: number(LINES) === 0 ? [] : this.#lines.slice(begin(2), begin(2) + number(LINES)),
    };
  }

  /** All of them at once. */
  all(): RawLook[] {
    return Array.from({ length: this.length }, (_, at) => this.at(at));
  }
}
