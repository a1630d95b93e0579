// The critical section, and the log of it, for contenders in Node. section.pl and contender.py do the
// same in Perl and Python.

import { fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../random.mjs';

const nap = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread for so many milliseconds. */
export const pause = (ms) => Atomics.wait(nap, 0, 0, ms);

export class Arena {
  #id;
  #log;
  #counter;
  #path;
  /** Of the last locked descriptor. */
  inode = '';
  chance;

  constructor(dir, id, seed) {
    this.#id = id;
    this.#log = openSync(join(dir, 'log'), 'a');
    this.#counter = openSync(join(dir, 'counter'), 'r+');
    this.#path = join(dir, 'updates.lock');
    this.chance = random(seed);
  }

  /** One write to a file opened for appending: the kernel puts the lines in order. */
  say(verb, rest = '') {
    const line = `${verb} ${this.#id} ${process.pid} ${process.hrtime.bigint()} ${rest}`;
    writeSync(this.#log, `${line.trimEnd()}\n`);
  }

  /** The inode of a locked descriptor, and whether the path names another one or none. */
  #facts(descriptor) {
    const { ino } = fstatSync(descriptor);
    this.inode = String(ino);
    const named = statSync(this.#path, { throwIfNoEntry: false })?.ino;
    return named === ino ? this.inode : `${this.inode} astray`;
  }

  /** Counts up by hand, and now and then takes its time about it. */
  section(descriptor) {
    this.say('enter', descriptor === undefined ? '' : this.#facts(descriptor));
    const bytes = Buffer.alloc(12);
    readSync(this.#counter, bytes, 0, 12, 0);
    const count = Number(bytes.toString());
    const lingers = this.chance();
    if (lingers < 0.1) pause(this.chance() * (lingers < 0.01 ? 30 : 2));
    writeSync(this.#counter, String(count + 1).padStart(12, '0'), 0);
    this.say('leave', String(count));
  }
}
