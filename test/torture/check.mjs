// Decides from the log of one contended path whether mutual exclusion held. Pure: it is fed lines in
// the order in which the kernel appended them, and that order is all that it trusts.
//
//   want ID PID T              begins to wait
//   enter ID PID T [INODE [astray]]   is inside; astray: what it locked is not at the path
//   leave ID PID T N           is done inside, where it read the counter as N and wrote N + 1
//   orphaned|lost ID PID T INODE   an outcome of a release
//   kill|stop ID PID T         is about to be killed, or stopped for a while
//   force|broke - INODE T      a break of that lock is tried; it was broken
//   cleanup|end - 0 T          a killed locker's file was removed; the log is over
//
// `enter` is written after the lock was taken and `leave` before it is let go, so two that are inside
// at once by this order were inside at once in truth. Who is killed was alive at the `kill` line;
// that it lived on into somebody else's entry only a later `leave` of its own proves.
//
// The counter says it again, by other means: who reads what was read before has lost an update.

import { Figures } from './figures.mjs';
import { judge } from './judge.mjs';

/** Between taking a lock and the line that says so, at the most, in nanoseconds. */
const UNLOGGED = 1e8;
/** Who is killed is dead within this, in nanoseconds; later its pid may be somebody else's. */
const DYING = 10e9;

const side = (id) => (id.startsWith('lockbridge') ? 'lockbridge' : 'stranger');

export class Checker {
  count = { entries: 0, kills: 0, killedInside: 0, stops: 0, broken: 0, cleanups: 0 };
  /** By ID: how often it entered, its longest wait in ns, its last entry. */
  contenders = new Map();
  handOffs = new Map();
  /** Two entries each, the later one second. */
  overlaps = [];
  /** Entries whose release found the name gone. */
  lost = [];
  /** Inodes that a release reported as orphaned: unlinked with an opener on them. */
  orphans = new Set();
  /** The last line, in words. */
  latest = [];
  /** What is wrong whoever it was. */
  faults = [];
  #inside = new Set();
  #doomed = new Set(); // killed inside, and not yet known to be dead
  #dying = new Map(); // when they were killed, by ID/PID
  #wants = new Map();
  #breaking; // the break that is being tried, and who was inside meanwhile
  #broken = new Map(); // when, by inode
  #ended; // the last entry to end: when, whose, how
  #counter = { value: -1, trusted: false };
  #now = 0;

  feed(line) {
    this.latest = line.split(' ');
    const [verb, id, who, time, ...rest] = this.latest;
    this.#now = Number(time);
    if (verb === 'want') this.#want(id);
    else if (verb === 'enter') this.#enter(id, who, ...rest);
    else if (verb === 'leave') this.#leave(id, who, Number(rest[0]));
    else if (verb === 'kill') this.#kill(id, who);
    else if (verb === 'force') this.#breaking = { inode: who, entries: [...this.#inside] };
    else if (verb === 'broke') this.#broke(who);
    else if (verb === 'lost') this.lost.push(this.#about(id).latest);
    else if (verb === 'orphaned') this.orphans.add(rest[0]);
    else if (verb === 'stop') this.count.stops++;
    else if (verb === 'cleanup') this.count.cleanups++;
    else if (verb !== 'end') this.faults.push(`not a line of the log: '${line}'`);
  }

  /** The verdict; the log may go on afterwards. */
  result() {
    const waiting = [...this.#wants].map(([id, since]) => [id, this.#now - since]);
    return judge(this, [...this.#inside], waiting);
  }

  #about(id) {
    if (!this.contenders.has(id))
      this.contenders.set(id, { entries: 0, longestWait: 0, latest: undefined });
    return this.contenders.get(id);
  }

  #want(id) {
    this.#about(id);
    this.#wants.set(id, this.#now);
    // It was started again, so its predecessor is dead and leaves no more.
    for (const entry of this.#doomed) if (entry.id === id) this.#doomed.delete(entry);
  }

  #enter(id, pid, inode, astray) {
    const entry = { id, pid, inode, ours: side(id) === 'lockbridge', within: [] };
    entry.astray = astray !== undefined;
    entry.forced = this.#isBroken(entry);
    for (const other of this.#inside) this.#overlap(other, entry);
    for (const other of this.#doomed) {
      other.within.push(entry);
      // The dying one may still write the counter, and two strangers need not exclude each other.
      if (!other.ours && !entry.ours) entry.blurred = true;
    }
    const about = this.#about(id);
    const since = this.#wants.get(id);
    this.#wants.delete(id);
    if (since !== undefined) about.longestWait = Math.max(about.longestWait, this.#now - since);
    if (since < this.#ended?.time) this.#handOff(id);
    about.entries++;
    about.latest = entry;
    this.count.entries += entry.ours ? 1 : 0;
    const dying = this.#now - this.#dying.get(`${id}/${pid}`) < DYING;
    (dying ? this.#doomed : this.#inside).add(entry);
    this.#breaking?.entries.push(entry);
  }

  #overlap(one, other) {
    this.overlaps.push([one, other]);
    one.blurred = other.blurred = true;
  }

  #handOff(id) {
    const { killed, by, time } = this.#ended;
    const name = `${killed ? 'killed ' : ''}${side(by)} -> ${side(id)}`;
    if (!this.handOffs.has(name)) this.handOffs.set(name, new Figures());
    this.handOffs.get(name).add(this.#now - time);
  }

  #leave(id, pid, value) {
    const its = (entry) => entry.id === id && entry.pid === pid;
    const entry = [...this.#inside, ...this.#doomed].find(its);
    if (entry === undefined) {
      this.faults.push(`${id} (pid ${pid}) leaves without having entered`);
      return;
    }
    for (const other of entry.within) this.#overlap(entry, other);
    if (this.#counter.trusted && entry.blurred !== true && value <= this.#counter.value)
      this.faults.push(`lost update: ${id} read ${value} after ${this.#counter.value} was read`);
    this.#counter = { value, trusted: entry.blurred !== true };
    this.#end(entry, false);
  }

  #end(entry, killed) {
    this.#inside.delete(entry);
    this.#doomed.delete(entry);
    this.#ended = { by: entry.id, killed, time: this.#now };
  }

  #kill(id, pid) {
    this.count.kills++;
    this.#wants.delete(id);
    this.#dying.set(`${id}/${pid}`, this.#now);
    const entry = [...this.#inside].find((one) => one.id === id && one.pid === pid);
    if (entry === undefined) return;
    this.count.killedInside++;
    if (entry.blurred === true) this.#counter.trusted = false;
    this.#end(entry, true);
    this.#doomed.add(entry);
  }

  /** Whether its lock was broken already: taken before, entered after, or waited for all along. */
  #isBroken({ inode, astray }) {
    const since = this.#broken.get(inode);
    if (since === undefined) return false;
    if (astray || this.#now - since < UNLOGGED) return true;
    this.#broken.delete(inode); // a new file, to which the filesystem gave an old number
    return false;
  }

  #broke(inode) {
    this.count.broken++;
    this.#broken.set(inode, this.#now);
    for (const entry of this.#breaking?.entries ?? [])
      if (entry.inode === inode) entry.forced = true;
    this.#breaking = undefined;
  }
}
