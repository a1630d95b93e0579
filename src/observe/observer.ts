// Follows locks live. Events of the directories wake it; between events it looks only while somebody
// has a watched file open, because inotify(7) reports neither that a kernel lock is taken, waited
// for or let go with the file kept open: 2 ms after the last event, then ever more rarely, down to
// once a second. While nobody has a watched file open there is no timer at all.
//
// A lock that is taken and let go between two of these looks on a file that stays open is missed.

import { performance } from 'node:perf_hooks';
import { LockError } from '../errors.js';
import { inspectLooks } from '../inspect/inspect.js';
import type { Inspection } from '../inspect/types.js';
import type { RawLook } from '../native.js';
import { IN } from '../watch.js';
import { Clearing } from './clear.js';
import { diff, unsettled } from './diff.js';
import { Looker, signature } from './look.js';
import { Naming } from './naming.js';
import { Tree } from './tree.js';
import type { Change, Draft, LockEvent, ObserveOptions } from './types.js';

const FIRST_MS = 2;
const SLOWEST_MS = 1000;
const PATIENCE_MS = 60; // for what looks as if it were about to settle
const CALM = 3; // looks at a locked file before it is opened: 14 ms at the least
const MOST_TRACKED = 20_000;
// A storm of events takes a third of a core, unless looking takes long.
const REST = 2;
const LONGEST_REST_MS = 50;

interface Tracked {
  path: string;
  /** To be watched whatever is seen there; others only while a kernel lock is on them. */
  sure: boolean;
  before: Inspection;
  signature: string;
  change: Change;
  /** Looks since the last event. */
  looks: number;
  delay: number;
  due: number;
  /** Since when it looks as if it were about to settle; 0 if it does not. */
  wavers: number;
}

const unchanged = (): Change => ({
  came: 0,
  gone: false,
  replaced: false,
  cleared: false,
  initial: false,
});

const nothing = (path: string): Inspection => ({
  path,
  verdict: 'free',
  holders: [],
  orphans: [],
  evidence: [],
  unseen: [],
  actions: [],
});

/** Observes until closed; keeps the process alive so long. */
export class Observer implements Disposable {
  readonly looker: Looker = new Looker();
  readonly #options: ObserveOptions;
  readonly #naming: Naming;
  readonly #tree: Tree;
  readonly #clearing: Clearing;
  readonly #tracked = new Map<string, Tracked>();
  readonly #woken = new Set<Tracked>();
  readonly #timed = new Set<Tracked>();
  readonly #began = performance.now();
  readonly #alive = setInterval(() => undefined, 0x7fffffff);
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #restUntil = 0;
  #starting = true;
  #overflowed = false;
  #full = false;

  /** LockError if one of the paths cannot be watched. */
  constructor(paths: readonly string[], options: ObserveOptions, on: (event: LockEvent) => void) {
    this.#options = options;
    this.#naming = new Naming(on);
    this.#clearing = new Clearing(options.clear !== false, (path) => {
      this.#wake(path, 0, true, { cleared: true });
    });
    this.#tree = new Tree({
      path: (path, mask, sure) => {
        this.#wake(path, mask, sure);
      },
      below: (dir) => {
        for (const path of this.#tracked.keys())
          if (path.startsWith(`${dir}/`)) this.#wake(path, IN.DELETE, false);
      },
      overflow: () => {
        this.#overflow();
      },
      unwatched: (dir, text) => {
        this.#say({ kind: 'unwatched', path: dir, verdict: 'free', text });
      },
    });
    try {
      for (const path of paths) this.#tree.add(path);
    } catch (error) {
      this.close();
      throw error;
    }
    this.#flush();
    this.#starting = false;
    for (const path of paths)
      this.#say({ kind: 'watching', path, verdict: 'free', text: 'watched from now on' });
  }

  /** What is at every path that is not free, as last seen. */
  locks(): Inspection[] {
    return [...this.#tracked.values()]
      .map(({ before }) => before)
      .filter(({ verdict, orphans }) => verdict !== 'free' || orphans.length > 0)
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Whether nothing but an event can make it look again. */
  get idle(): boolean {
    return this.#timer === undefined && this.#immediate === undefined && this.#clearing.idle;
  }

  close(): void {
    clearInterval(this.#alive);
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#clearing.close();
    this.#tree.close();
    this.#naming.close();
    this.#tracked.clear();
    this.#woken.clear();
    this.#timed.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #overflow(): void {
    if (this.#overflowed) return; // every directory reports the same one
    this.#overflowed = true;
    for (const { path, sure } of this.#tracked.values()) this.#wake(path, 0, sure);
  }

  #wake(path: string, mask: number, sure: boolean, more: Partial<Change> = {}): void {
    const one = this.#track(path, sure);
    if (one === undefined) return;
    const { change } = one;
    Object.assign(change, more);
    if ((mask & (IN.CREATE | IN.MOVED_TO)) !== 0) change.came++;
    if ((mask & IN.MOVED_TO) !== 0 && !change.gone) change.replaced = true;
    if ((mask & (IN.DELETE | IN.MOVED_FROM)) !== 0) change.gone = true;
    this.#clearing.stir(path);
    one.looks = 0;
    one.delay = FIRST_MS;
    this.#woken.add(one);
    this.#soon();
  }

  #track(path: string, sure: boolean): Tracked | undefined {
    const known = this.#tracked.get(path);
    if (known !== undefined) {
      known.sure ||= sure;
      return known;
    }
    if (this.#tracked.size >= MOST_TRACKED) {
      if (!this.#full)
        this.#say({ kind: 'unwatched', path, verdict: 'free', text: 'too many lock files' });
      this.#full = true;
      return undefined;
    }
    const one: Tracked = {
      path,
      sure,
      before: nothing(path),
      signature: '',
      change: { ...unchanged(), initial: this.#starting },
      looks: 0,
      delay: FIRST_MS,
      due: 0,
      wavers: 0,
    };
    this.#tracked.set(path, one);
    return one;
  }

  #soon(): void {
    if (this.#immediate !== undefined || this.#starting) return;
    if (performance.now() < this.#restUntil) this.#arm();
    else
      this.#immediate = setImmediate(() => {
        this.#flush();
      });
  }

  // One timer, for what is due first.
  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let next = this.#woken.size > 0 ? 0 : Infinity;
    for (const { due } of this.#timed) next = Math.min(next, due);
    if (next === Infinity) return;
    const pause = Math.max(next, this.#restUntil) - performance.now();
    this.#timer = setTimeout(() => {
      this.#flush();
    }, pause);
  }

  #flush(): void {
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    const start = performance.now();
    if (this.#overflowed) {
      this.#overflowed = false;
      const text = 'events were lost: everything is looked at anew, older lineages prove nothing';
      this.#say({ kind: 'overflow', path: '', verdict: 'free', text });
      this.#tree.again();
    }
    const batch = new Set(this.#woken);
    for (const one of this.#timed) if (one.due <= start) batch.add(one);
    const all = [...batch];
    const looks = this.looker.byName(all.map(({ path }) => path));
    const closely: [Tracked, RawLook][] = [];
    for (const [at, one] of all.entries()) {
      const look = looks[at];
      if (look === undefined) continue;
      if (this.#worth(one, look)) closely.push([one, look]);
      else this.#later(one);
    }
    this.#woken.clear();
    if (closely.length > 0) this.#closely(closely);
    const end = performance.now();
    this.#restUntil = end + Math.min(REST * (end - start), LONGEST_REST_MS);
    this.#arm();
  }

  // Whether /proc has to be searched: not while nothing moved and everybody was known.
  #worth(one: Tracked, look: RawLook): boolean {
    return (
      this.#woken.has(one) ||
      one.wavers > 0 ||
      one.before.orphans.length > 0 ||
      one.signature !== signature(look) ||
      (one.looks >= CALM && !this.looker.knows(one.path, look))
    );
  }

  #closely(pairs: readonly [Tracked, RawLook][]): void {
    const paths = pairs.map(([{ path }]) => path);
    const looks = pairs.map(([{ path, looks, change }, look]) =>
      this.looker.complete(path, look, looks >= CALM || change.initial),
    );
    const seen = inspectLooks(paths, looks, this.#options);
    for (const [at, [one, look]] of pairs.entries()) {
      const inspection = seen[at];
      const gone = inspection === undefined || LockError.is(inspection);
      this.#settle(one, look, gone ? nothing(one.path) : inspection);
    }
  }

  #settle(one: Tracked, look: RawLook, seen: Inspection): void {
    one.signature = signature(look);
    if (this.#wavers(one, seen)) {
      this.#later(one);
      return;
    }
    const known = one.before.verdict !== 'free' || seen.orphans.length > 0;
    if (!one.sure && !known && !look.locked) {
      // A file that is not named like a lock: was it opened to be locked?
      if (one.looks >= CALM || look.error < 0) this.#forget(one);
      else this.#later(one);
      return;
    }
    const drafts = diff(one.before, seen, one.change);
    one.before = seen;
    one.change = unchanged();
    this.#naming.name(seen);
    for (const draft of drafts) this.#say(draft);
    this.#clearing.consider(seen);
    const people = seen.holders.some(({ role }) => role !== 'named') || seen.orphans.length > 0;
    const blind = seen.unseen.length > 0 && (seen.by === 'kernel' || one.delay < SLOWEST_MS);
    if (people || blind) this.#later(one);
    else if (seen.verdict === 'free') this.#forget(one);
    else this.#timed.delete(one);
  }

  #wavers(one: Tracked, seen: Inspection): boolean {
    const now = performance.now();
    if (!unsettled(one.before, seen)) one.wavers = 0;
    else if (one.wavers === 0) one.wavers = now;
    else if (now - one.wavers > PATIENCE_MS) one.wavers = 0;
    return one.wavers > 0;
  }

  #later(one: Tracked): void {
    one.looks++;
    one.due = performance.now() + one.delay;
    one.delay = Math.min(one.delay * 2, SLOWEST_MS);
    this.#timed.add(one);
  }

  #forget(one: Tracked): void {
    this.#timed.delete(one);
    this.#tracked.delete(one.path);
    this.looker.forget(one.path);
    this.#full = false;
  }

  #say(draft: Draft): void {
    const us = Math.round((performance.now() - this.#began) * 1000);
    this.#naming.say({ at: new Date().toISOString(), us, ...draft });
  }
}
