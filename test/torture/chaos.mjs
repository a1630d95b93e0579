// What befalls the contenders of a field: kills, stops and forced breaks at random moments, half of the
// kills aimed at whoever is inside.

import { readFileSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { breakSync, inspectSync, LockError } from '../../dist/index.js';
import { random } from './random.mjs';

/** An existence locker dies in a company (see `incident`), so one is chosen so seldom. */
const INCIDENT = 0.08;
/** How long somebody is looked for who stays inside long enough to be hit, in milliseconds. */
const PATIENCE = 300;

export class Chaos {
  #field;
  #chance;
  #over = new AbortController();
  #rounds;

  constructor(field, killsPerMinute) {
    this.#field = field;
    this.#chance = random(field.seed);
    const round = (rate, act) => this.#round(60_000 / rate, act.bind(this));
    this.#rounds = Promise.all([
      round(killsPerMinute, this.#kill),
      round(killsPerMinute / 2, this.#stop),
      round(killsPerMinute / 2, this.#break),
    ]);
  }

  async #round(meanMs, act) {
    const { signal } = this.#over;
    for (;;) {
      const ms = -Math.log(1 - this.#chance()) * meanMs;
      await setTimeout(ms, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await act();
    }
  }

  async end() {
    this.#over.abort();
    await this.#rounds;
  }

  #pick(slots) {
    return slots[Math.floor(this.#chance() * slots.length)];
  }

  async #kill() {
    const { slots } = this.#field;
    const mortal = slots.filter(({ family }) => family !== 'existence');
    if (mortal.length < slots.length && this.#chance() < INCIDENT) return this.#incident();
    const [id, pid] = this.#chance() < 0.5 ? [] : await this.#lingering(0.2);
    const inside = mortal.find((slot) => slot.id === id);
    if (inside === undefined) return this.#pick(mortal)?.kill();
    if (!inside.once) return inside.kill();
    if (isSection(pid)) inside.killSection(Number(pid));
  }

  /** ID and pid of somebody who has been inside for so many milliseconds; nothing if nobody is. */
  async #lingering(ms) {
    const end = performance.now() + PATIENCE;
    let [since, seen] = [0, ''];
    while (performance.now() < end) {
      const [verb, id, pid, time] = this.#field.latest();
      if (verb === 'enter' && time === seen && performance.now() - since > ms) return [id, pid];
      if (time !== seen) [since, seen] = [performance.now(), time];
      await setImmediate();
    }
    return [];
  }

  /**
   * An existence locker is killed, and its file may stay. Nobody can tell whose a file is, so all the
   * existence lockers are killed, and what is then there is a dead one's.
   */
  async #incident() {
    const them = this.#field.slots.filter(({ family }) => family === 'existence');
    await Promise.all(them.map((slot) => slot.kill()));
    this.#field.clean();
    for (const slot of them) slot.start();
  }

  #stop() {
    this.#pick(this.#field.slots)?.stop(20 + this.#chance() * 200);
  }

  /** Only what has a process behind it: the release of an existence locker would unlink another's. */
  async #break() {
    const { path, empty } = this.#field;
    await this.#lingering(2); // a look takes longer than most are inside
    const seen = inspectSync(path, { empty });
    if (seen.by !== 'kernel' || seen.id === undefined) return;
    const inode = seen.id.split(':')[2].split('@')[0];
    this.#field.say('force', '-', inode);
    try {
      breakSync(path, { force: true, id: seen.id, empty });
      this.#field.say('broke', '-', inode);
    } catch (error) {
      if (!LockError.is(error)) throw error;
      if (!['ERR_LOCK_CHANGED', 'ERR_LOCK_HELD'].includes(error.code))
        this.#field.fault(`a break failed: ${error.message}`);
    }
  }
}

function isSection(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('section.pl');
  } catch {
    return false; // it is gone
  }
}
