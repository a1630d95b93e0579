// One path that is contended for: its log, its contenders, and what the checker made of it so far.

import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { acquire, inspectSync } from '../../dist/index.js';
import { prepareDir } from '../../dist/supervisor/index.js';
import { Checker } from './check.mjs';
import { Slot } from './slot.mjs';
import { APP, SERVICE } from './place.mjs';

const CHUNK = Buffer.alloc(1 << 20);
/** What is still inside when its program was killed ends within this, in milliseconds. */
const LAST = 20_000;

export class Field {
  checker = new Checker();
  #log;
  #at = 0;
  #rest = '';

  /** `empty`: what an empty, unlocked file is to lockbridge in this field. */
  constructor(base, name, empty, contenders, seed) {
    this.root = mkdtempSync(join(base, `lockbridge-torture-${name}-`));
    // A service's lock directory, so that a supervisor can take the same path.
    this.dir = prepareDir(this.root, APP, SERVICE);
    this.path = join(this.dir, 'updates.lock');
    this.name = name;
    this.empty = empty;
    this.seed = seed;
    writeFileSync(join(this.dir, 'counter'), '0'.padStart(12, '0'));
    this.#log = openSync(join(this.dir, 'log'), 'a+');
    this.slots = contenders.map((contender, number) => new Slot(this, contender, number));
  }

  say(verb, id, who) {
    writeSync(this.#log, `${verb} ${id} ${who} ${process.hrtime.bigint()}\n`);
  }

  fault(text) {
    this.checker.faults.push(text);
  }

  open() {
    for (const slot of this.slots) slot.start();
  }

  /** Feeds the checker what has been logged since. */
  follow() {
    for (;;) {
      const got = readSync(this.#log, CHUNK, 0, CHUNK.length, this.#at);
      if (got === 0) return;
      this.#at += got;
      const lines = (this.#rest + CHUNK.toString('latin1', 0, got)).split('\n');
      this.#rest = lines.pop();
      for (const line of lines) this.checker.feed(line);
    }
  }

  /** The last line of the log, as its words. */
  latest() {
    this.follow();
    return this.checker.latest;
  }

  /**
   * What a killed existence locker left, removed as an operator would. Only while no existence locker
   * lives: whose file it was could not be told otherwise.
   */
  clean() {
    const { verdict, by } = inspectSync(this.path, { empty: this.empty });
    if (verdict !== 'held' || by === 'kernel') return;
    rmSync(this.path, { recursive: true });
    this.say('cleanup', '-', 0);
  }

  /** Kills everybody; then lockbridge has to get the path, and leave nothing there. */
  async close() {
    await Promise.all(this.slots.map((slot) => slot.close()));
    this.clean();
    try {
      const lock = await acquire(this.path, { timeout: LAST, empty: this.empty });
      lock.releaseSync();
      if (existsSync(this.path)) this.fault('the path is still there after the last release');
    } catch (error) {
      this.fault(`locked for good after the last process died: ${error.message}`);
    }
    this.say('end', '-', 0);
    this.follow();
    closeSync(this.#log);
  }

  /** Removes the field, and its log with it. */
  remove() {
    rmSync(this.root, { recursive: true });
  }
}
